import { archiveJson } from '../documents/archives.ts';
import { shortId } from '../domain/brands.ts';
import { countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import type { ExpireReport } from '../expire/expire.ts';
import type { ExpiryVerdict } from '../expire/plan.ts';
import { lockedError } from '../work/locked-work.ts';
import type { Terminal } from './terminal.ts';

/** The result for one store: of a dry run, of a run, or that another process holds its lock. */
export type ExpiryOutcome =
  | { readonly kind: 'plan' | 'done'; readonly report: ExpireReport }
  | { readonly kind: 'locked'; readonly store: string };

/** `expired`: was removed, or in a dry run would be. */
export function expiryJson(outcome: ExpiryOutcome): object {
  if (outcome.kind === 'locked') return { store: outcome.store, locked: true };
  const { store, removed, kept, finished, orphans, leftovers, limits, errors } = outcome.report;
  const verdict = ({ record, reason }: ExpiryVerdict): object => ({ ...archiveJson(record), reason });
  return {
    store,
    locked: false,
    expired: removed.map(verdict),
    kept: kept.map(verdict),
    finished: finished.map(archiveJson),
    orphans,
    leftovers,
    limits,
    errors,
  };
}

export function showExpiry(io: Terminal, outcome: ExpiryOutcome): void {
  if (outcome.kind === 'locked') {
    io.problem(lockedError({ store: outcome.store }, 'nothing was removed there'));
    return;
  }
  const { kind, report } = outcome;
  const [did, does] = kind === 'plan' ? ['would remove', 'would finish'] : ['removed', 'finished'];
  const messages = report.removed.reduce((sum, { record }) => sum + record.messages, 0);
  io.out(
    `${report.store}: ${did} ${countOf(report.removed.length, 'archive')} with ${countOf(messages, 'message')}`,
  );
  for (const { record, reason } of report.removed)
    io.out(`  ${did}: ${archiveText(record)}${quarantineText(record)}: ${printable(reason)}`);
  for (const record of report.finished)
    io.out(`  ${does} the removal that an earlier run began: ${archiveText(record)}`);
  showKept(io, report);
  showOrphans(io, report);
  showFaults(io, outcome);
}

function archiveText({ id, account, folder, messages, bytes }: ExpiryVerdict['record']): string {
  return `${shortId(id)} ${printable(account)} ${printable(folder)}, ${countOf(messages, 'message')} (${formatBytes(bytes)})`;
}

function quarantineText({ state, stateReason }: ExpiryVerdict['record']): string {
  return state === 'quarantined' ? `, quarantined (${printable(stateReason ?? '')})` : '';
}

function showKept(io: Terminal, { kept }: ExpireReport): void {
  for (const [reason, archives] of Map.groupBy(kept, (verdict) => verdict.reason))
    io.out(`  kept: ${countOf(archives.length, 'archive')} (${printable(reason)})`);
}

function showOrphans(io: Terminal, { orphans, leftovers }: ExpireReport): void {
  for (const { key, bytes, removed, reason } of orphans) {
    const what = `${printable(key)} (${countOf(bytes, 'byte')})`;
    const fate = removed ? 'removed' : (reason ?? 'removed by --orphans');
    io.out(`  belongs to no archive: ${what}: ${fate}`);
  }
  if (leftovers.length > 0)
    io.out(`  left half-written by a crash: ${countOf(leftovers.length, 'file')}; removed by --orphans`);
}

/** What needs a person goes to stderr: a cron job logs it even if it discards stdout. */
function showFaults(
  io: Terminal,
  { kind, report }: { readonly kind: 'plan' | 'done'; readonly report: ExpireReport },
): void {
  const did = kind === 'plan' ? 'nothing would be done' : 'nothing was done';
  for (const { of, allowed, wanted } of report.limits) {
    io.err(
      io.style(
        'red',
        `${report.store}: over the limit, so ${did}: ${wanted.toFixed(1)} % of the ${of} in the store would be removed, ${allowed} % are allowed. Check the policies and the clock; \`mothball expire --lift-limits\` lifts the limit once.`,
        'stderr',
      ),
    );
  }
  for (const { message } of report.errors)
    io.err(io.style('red', `${report.store}: ${printable(message)}`, 'stderr'));
}
