import type { Plan, Totals } from '../domain/plan.ts';
import { formatUse, percentUsed, type QuotaView } from '../domain/quota.ts';
import type { Ledger } from '../work/ledger.ts';
import type { LockedWork } from '../work/locked-work.ts';

/** Usage must fall by about what was deleted; some servers free nothing at once, and then a drain must stop. */
export async function quotaFell(
  work: LockedWork,
  plan: Plan,
  freed: Pick<Totals, 'messages'> & { readonly bytes: number },
  ledger: Ledger,
): Promise<boolean> {
  const session = await work.connection.session();
  const paths = plan.folders.map((folder) => folder.folder.path);
  const roots = (await session.quota(paths)) ?? [];
  for (const { view } of plan.drains) {
    const root = roots.find((candidate) => candidate.name === view.root);
    const now = view.resource === 'storage' ? root?.storage?.used : root?.message?.used;
    const expected = view.resource === 'storage' ? freed.bytes : freed.messages;
    if (now === undefined) {
      ledger.notice(
        'quota lost',
        `the server no longer reports quota root "${view.root}"; the drain stopped`,
      );
      return false;
    }
    const fell = view.used - now;
    if (fell >= expected / 2) continue;
    ledger.notice(
      'quota did not fall',
      `the quota did not fall as expected: ${formatUse(view.resource, expected)} were deleted, usage of "${view.root}" fell by ${formatUse(view.resource, Math.max(0, fell))} (${percentText({ ...view, used: now })}). The server seems to free space later (lazy expunge, delayed expunge); the drain stopped after this round.`,
    );
    return false;
  }
  return true;
}

function percentText(view: QuotaView): string {
  const percent = percentUsed(view);
  return percent === null ? 'no limit' : `${percent.toFixed(1)} % used`;
}
