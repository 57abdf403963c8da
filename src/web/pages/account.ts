import { type AccountRef, sameAccount } from '../../domain/account.ts';
import { count, countOf } from '../../domain/count.ts';
import { dayMs } from '../../domain/dates.ts';
import { skippedText } from '../../domain/folder-problem.ts';
import { covering, describeOverride } from '../../domain/override.ts';
import type { Policy } from '../../domain/policy.ts';
import { formatUse, limitedResources, percentUsed } from '../../domain/quota.ts';
import { MothballError } from '../../errors.ts';
import type { RunRecord } from '../../ports/records.ts';
import { withoutAccount } from '../../watch/alike.ts';
import { type AccountDetail, detailsOf, fullnessOverTime, scannedAccounts } from '../../watch/fleet.ts';
import { type PendingPurge, pendingPurges } from '../../watch/pending.ts';
import { nextRun } from '../../watch/status.ts';
import { reasonOf } from '../../watch/policy-results.ts';
import { shareBar, usageBar } from '../charts/bar.ts';
import { usageChart } from '../charts/trend.ts';
import { html, type Html } from '../html.ts';
import type { WebSource } from '../source.ts';
import { accountFacts, lastRunsTable } from './account-facts.ts';
import { planTable } from './planned.ts';
import { htmlTable, policyName, runPath, sizeText, tag, time } from './figures.ts';
import type { WebPage } from './layout.ts';

/** `/accounts/<server>/<account>`: how full it is, was and will be. */
export async function accountPage(source: WebSource, server: string, account: string): Promise<WebPage> {
  const now = source.clock.now();
  const known = (await scannedAccounts(source)).filter((one) => sameAccount(one, { server, account }));
  const [found] = await detailsOf(source.catalog, known, now);
  if (found === undefined)
    throw new MothballError(
      { fact: `there is no account ${account} on ${server} in the configuration` },
      { code: 'missing' },
    );
  const { roots, folders, skipped, samples, when } = found;
  const ref = { server, account };
  const policies = covering(source.config.policies, account);
  const latest = await source.catalog.latestRuns(
    [ref],
    policies.map(({ name }) => name),
  );
  const pending = await pendingPurges(source);
  const status = { policies, latest, pending, next: (one: Policy) => nextRun(source, one) };
  const body = html`
    ${await accountFacts(source, found)} ${await troubles(source, ref, latest)} ${policyTable(ref, status)}
    ${await lastRunsTable(source, ref)} ${planTable(ref, await source.catalog.storedPlans(ref), policies)}
    <section aria-labelledby="usage">
      <h2 id="usage">Usage over 30 days</h2>
      ${
        samples.length === 0
          ? html`<p>There is nothing to show before the first scan.</p>`
          : usageChart(fullnessOverTime(samples), when.kind === 'full' ? when.at : null, {
              from: new Date(now.getTime() - 30 * dayMs),
              to: now,
            })
      }
    </section>
    ${rootTable(roots)} ${folderTable(folders)} ${skippedTable(skipped)}
  `;
  return { title: account, section: '/accounts', body };
}

/** Why it could not be scanned, and which policies failed on it. */
async function troubles(
  { catalog, clock }: WebSource,
  ref: AccountRef,
  latest: readonly RunRecord[],
): Promise<Html | false> {
  const scan = (await catalog.scans()).find((one) => sameAccount(one, ref));
  const now = clock.now();
  const paused = (await catalog.accountPauses()).filter((one) => sameAccount(one, ref) && now < one.until);
  const items = [
    ...(scan === undefined || scan.error === null
      ? []
      : [html`It could not be scanned ${time(scan.at)}: ${withoutAccount(scan.error, ref)}`]),
    ...latest
      .filter(({ result }) => result === 'failed' || result === 'limit')
      .map((run) => {
        const why = run.result === 'limit' ? 'a safety limit stopped it' : (reasonOf(run) ?? 'it failed');
        return html`<a href="${runPath(run.id)}">${run.policy}</a> ${time(run.finished)}:
          ${withoutAccount(why, ref)}`;
      }),
    ...paused.map(({ until, words }) => html`Paused until ${time(until)} by the server's limits: ${words}`),
  ];
  return (
    items.length > 0 &&
    html`<section aria-labelledby="attention" class="alarm">
      <h2 id="attention">Needs attention</h2>
      <ul>
        ${items.map((item) => html`<li>${item}</li>`)}
      </ul>
    </section>`
  );
}

interface AccountStatus {
  readonly policies: readonly Policy[];
  readonly latest: readonly RunRecord[];
  readonly pending: readonly PendingPurge[];
  readonly next: (policy: Policy) => Date | null;
}

function policyTable(ref: AccountRef, { policies, latest, pending, next }: AccountStatus): Html {
  if (policies.length === 0) return html`<p>No policy covers this account.</p>`;
  const apart = policies.some(({ applied }) => applied !== undefined);
  const columns = [
    { title: 'Policy' },
    { title: 'Mode' },
    ...(apart ? [{ title: 'Override' }] : []),
    { title: 'Next run' },
    { title: 'Last run' },
    { title: 'Result' },
    { title: 'Archived, not yet deleted' },
  ];
  const rows = policies.map((policy) => {
    const { name, mode, applied = [] } = policy;
    const run = latest.find((one) => one.policy === name);
    const own = pending.find((one) => one.policy === name && sameAccount(one, ref));
    return [
      policyName(name, `/policies#policy-${name}`),
      mode,
      ...(apart ? [applied.map(describeOverride).join('; ')] : []),
      time(next(policy), mode === 'plan' ? 'plan mode' : 'not scheduled'),
      run === undefined ? 'never' : html`<a href="${runPath(run.id)}">${time(run.started)}</a>`,
      run === undefined ? '' : tag(run.result ?? 'running or interrupted'),
      own === undefined
        ? ''
        : html`${countOf(own.messages, 'message')},
          ${sizeText(own.bytes)}${
            own.graceEnds !== null && html`, may be deleted from ${time(own.graceEnds)}`
          }`,
    ];
  });
  return htmlTable('Policies that cover it', columns, rows);
}

function rootTable(roots: AccountDetail['roots']): Html | false {
  const views = (roots ?? []).flatMap(limitedResources);
  const columns = [
    { title: 'Root' },
    { title: 'Full', number: true },
    { title: 'Usage' },
    { title: 'Used' },
    { title: 'Limit' },
  ];
  const rows = views.map((view) => {
    const percent = percentUsed(view);
    return [
      view.root === '' ? '(root)' : view.root,
      percent === null ? '' : `${percent.toFixed(1)} %`,
      percent === null ? '' : usageBar(percent),
      formatUse(view.resource, view.used),
      formatUse(view.resource, view.limit ?? 0),
    ];
  });
  return rows.length > 0 && htmlTable('Quota roots', columns, rows);
}

function folderTable(folders: AccountDetail['folders']): Html | false {
  const total = folders.reduce((sum, folder) => sum + folder.bytes, 0);
  const columns = [
    { title: 'Folder' },
    { title: 'Messages', number: true },
    { title: 'Size', number: true },
    { title: 'Share' },
  ];
  const rows = folders
    .toSorted((a, b) => b.bytes - a.bytes)
    .map((folder) => [
      folder.path,
      count(folder.messages),
      sizeText(folder.bytes),
      shareBar(folder.bytes, total),
    ]);
  return rows.length > 0 && htmlTable('Folders at the last folder scan', columns, rows);
}

function skippedTable(skipped: AccountDetail['skipped']): Html | false {
  const columns = [{ title: 'Folder' }, { title: 'Why' }, { title: 'Since' }];
  const rows = skipped.map((one) => [one.path, skippedText(one), time(one.since)]);
  return rows.length > 0 && htmlTable('Folders that are skipped', columns, rows);
}
