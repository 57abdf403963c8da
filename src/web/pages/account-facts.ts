import { doneOf } from '../../documents/runs.ts';
import type { AccountRef } from '../../domain/account.ts';
import { count, countOf } from '../../domain/count.ts';
import { describeMatch } from '../../domain/describe-match.ts';
import { accountMatches } from '../../domain/glob.ts';
import type { Hold } from '../../domain/policy.ts';
import type { AccountDetail } from '../../watch/fleet.ts';
import { html, type Html } from '../html.ts';
import type { WebSource } from '../source.ts';
import { daysToFull } from './account-row.ts';
import { htmlTable, link, runPath, sizeText, tag, time } from './figures.ts';

/** In short: where it is, when it will be full, what is archived of it, and the holds on it. */
export async function accountFacts(
  { config, catalog, clock }: WebSource,
  { server, account, at, when }: AccountDetail,
): Promise<Html> {
  const states = ['sealed', 'verified', 'quarantined'] as const;
  const archives = await catalog.archives({ accounts: [{ server, account }], states });
  const sum = (pick: (one: (typeof archives)[number]) => number): number =>
    archives.reduce((total, one) => total + pick(one), 0);
  const holds = config.holds.filter((hold) => accountMatches(hold.accounts, account));
  return html`<dl class="facts">
    <dt>Server</dt>
    <dd>${server}</dd>
    <dt>Last scanned</dt>
    <dd>${at === null ? 'not yet' : time(at)}</dd>
    <dt>Days until full</dt>
    <dd>${daysToFull(when, clock.now())}</dd>
    <dt>Archived</dt>
    <dd>
      ${
        archives.length === 0
          ? 'nothing'
          : html`<a href="${archivesOf(account)}">${countOf(archives.length, 'archive')}</a> of
              ${countOf(
                sum((one) => one.messages),
                'message',
              )},
              ${sizeText(sum((one) => one.bytes))}; stored ${sizeText(sum((one) => one.storedBytes))}`
      }
    </dd>
    <dt>Holds</dt>
    <dd>${holds.length === 0 ? 'none' : holds.map(holdText)}</dd>
    <dt>Runs</dt>
    <dd><a href="${link('/runs', { account })}">all of this account</a></dd>
  </dl>`;
}

function archivesOf(account: AccountRef['account']): string {
  return link('/archives', { account });
}

function holdText({ name, match }: Hold, index: number): Html {
  return html`${index > 0 && html`<br />`}${name}: ${match === null ? 'every message' : describeMatch(match)}`;
}

/** Runs that are shown; a link leads to the others. */
const lastRuns = 5;

/** What the last runs did to it that did anything. */
export async function lastRunsTable({ catalog }: WebSource, account: AccountRef): Promise<Html | false> {
  const filter = { accounts: [account], actedSince: new Date(0) };
  const runs = await catalog.runBriefs(filter, lastRuns);
  const columns = [
    { title: 'Started' },
    { title: 'Policy' },
    { title: 'Result' },
    { title: 'Archived', number: true },
    { title: 'Deleted', number: true },
  ];
  const rows = runs.map((run) => {
    const { archived, deleted } = doneOf(run);
    return [
      html`<a href="${runPath(run.id)}">${time(run.started)}</a>`,
      run.policy,
      run.result === null ? '' : tag(run.result),
      amount(archived),
      amount(deleted),
    ];
  });
  return rows.length > 0 && htmlTable('The last runs that archived or deleted something', columns, rows);
}

function amount({ messages, bytes }: { readonly messages: number; readonly bytes: number }): string {
  return messages === 0 ? '' : `${count(messages)} (${sizeText(bytes)})`;
}
