import type { AccountRef } from '../../domain/account.ts';
import { countOf } from '../../domain/count.ts';
import { describeMatch } from '../../domain/describe-match.ts';
import { accountMatches } from '../../domain/glob.ts';
import type { Hold } from '../../domain/policy.ts';
import type { AccountDetail } from '../../watch/fleet.ts';
import { html, type Html } from '../html.ts';
import type { WebSource } from '../source.ts';
import { daysToFull } from './account-row.ts';
import { link, sizeText, time } from './figures.ts';

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
