import { sameAccount } from '../../domain/account.ts';
import { count } from '../../domain/count.ts';
import { dayMs } from '../../domain/dates.ts';
import { skippedText } from '../../domain/folder-problem.ts';
import { formatUse, limitedResources, percentUsed } from '../../domain/quota.ts';
import { MothballError } from '../../errors.ts';
import { type AccountDetail, detailsOf, fullnessOverTime, scannedAccounts } from '../../watch/fleet.ts';
import { shareBar, usageBar } from '../charts/bar.ts';
import { usageChart } from '../charts/trend.ts';
import { html, type Html } from '../html.ts';
import type { WebSource } from '../source.ts';
import { link, sizeText, htmlTable, time } from './figures.ts';
import { daysToFull } from './fleet.ts';
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
  const body = html`
    <p>
      On ${server}, last scanned ${time(found.at)}. Days until full: ${daysToFull(when, now)}.
      <a href="${link('/archives', { account })}">Its archives</a>,
      <a href="${link('/runs', { account })}">its runs</a>.
    </p>
    <section aria-labelledby="usage">
      <h2 id="usage">Usage over 30 days</h2>
      ${usageChart(fullnessOverTime(samples), when.kind === 'full' ? when.at : null, {
        from: new Date(now.getTime() - 30 * dayMs),
        to: now,
      })}
    </section>
    ${rootTable(roots)} ${folderTable(folders)} ${skippedTable(skipped)}
  `;
  return { title: account, section: '/', body };
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
  const largest = Math.max(0, ...folders.map((folder) => folder.bytes));
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
      shareBar(folder.bytes, largest),
    ]);
  return rows.length > 0 && htmlTable('Folders at the last folder scan', columns, rows);
}

function skippedTable(skipped: AccountDetail['skipped']): Html | false {
  const columns = [{ title: 'Folder' }, { title: 'Why' }, { title: 'Since' }];
  const rows = skipped.map((one) => [one.path, skippedText(one), time(one.since)]);
  return rows.length > 0 && htmlTable('Folders that are skipped', columns, rows);
}
