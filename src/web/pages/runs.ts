import { z } from 'zod';
import { type CsvCell, csvText } from '../../documents/csv.ts';
import { doneOf, hadWork, runsCsv } from '../../documents/runs.ts';
import { count, countOf } from '../../domain/count.ts';
import type { RunFilter } from '../../ports/browse.ts';
import type { RunRecord } from '../../ports/records.ts';
import { withoutAccount } from '../../watch/alike.ts';
import type { ActiveJob } from '../../watch/daemon-state.ts';
import { type Firing, firings, mostGrouped } from '../../watch/firings.ts';
import { policyResults, reasonOf, resultsText, worstOf } from '../../watch/policy-results.ts';
import { liveDaemons } from '../../watch/status.ts';
import { html, type Html } from '../html.ts';
import { accountsOf, given, readQuery, runResult, whole, word } from '../query.ts';
import type { WebSource } from '../source.ts';
import {
  accountLink,
  htmlTable,
  link,
  policyName,
  runPath,
  sizeText,
  type TableCell,
  tag,
  time,
} from './figures.ts';
import type { WebPage } from './layout.ts';
import { choice, csvLink, mostInCsv, namedChoice, paging, perPage, textField } from './paging.ts';

const instant = z.iso.datetime().transform((text) => new Date(text));
const querySchema = z.strictObject({
  policy: given(word),
  account: given(word),
  result: given(runResult),
  idle: given(z.literal('show')),
  from: given(instant),
  to: given(instant),
  page: given(whole),
});

type Wish = z.output<typeof querySchema>;

/** `/runs`: newest first; grouped by policy and time, or run by run where accounts, a result or a time are asked for. */
export async function runsPage(source: WebSource, query: unknown): Promise<WebPage> {
  const wish = readQuery(querySchema, query);
  const { policy, account, result, idle, from, to } = wish;
  const singly = account !== undefined || result !== undefined || from !== undefined || to !== undefined;
  const kept = {
    policy: policy ?? null,
    account: account ?? null,
    result: result ?? null,
    idle: idle ?? null,
    from: from?.toISOString() ?? null,
    to: to?.toISOString() ?? null,
  };
  const names = source.config.policies.map(({ name }) => name);
  const body = html`
    <form method="get" action="/runs" role="search">
      ${choice('policy', 'Policy', names, policy)}
      ${textField('account', 'Account (* matches any part)', account)}
      ${choice('result', 'Result', runResult.options, result)}
      ${namedChoice('idle', 'Runs without work', { show: 'show' }, idle, 'hide')}
      <button>Show</button>
    </form>
    ${singly ? await eachRun(source, wish, kept) : await firingTable(source, wish, kept)}
  `;
  return { title: 'Runs', section: '/runs', body };
}

type Kept = Readonly<Record<string, string | null>>;

async function eachRun(source: WebSource, wish: Wish, kept: Kept): Promise<Html> {
  const { page = 1 } = wish;
  const offset = (Math.max(1, page) - 1) * perPage;
  const { rows, total } = await source.catalog.runPage(filterOf(source, wish), { limit: perPage, offset });
  if (rows.length === 0) return html`<p>No runs.</p>`;
  const jobs = await activeJobs(source);
  const caption = `${countOf(total, 'run')}, newest first`;
  return html`${htmlTable(
    caption,
    columns,
    rows.map((run) => cells(run, jobs)),
  )}
  ${paging('/runs', kept, { page: Math.max(1, page), more: offset + rows.length < total })}
  ${csvLink('/runs.csv', kept, total)}`;
}

/** Runs that are read at a time for the file: their reports may be long. */
const csvSlice = 500;

/** The same runs as comma-separated values, run by run, without pages. */
export async function runListCsv(source: WebSource, query: unknown): Promise<string> {
  const wish = readQuery(querySchema, query);
  const all = wish.idle === 'show' || wish.result !== undefined;
  const found: (readonly CsvCell[])[] = [];
  for (let offset = 0; offset < mostInCsv; offset += csvSlice) {
    const page = { limit: csvSlice, offset };
    const { rows } = await source.catalog.runPage(filterOf(source, wish), page);
    found.push(...runsCsv(all ? rows : rows.filter(hadWork)).rows);
    if (rows.length < csvSlice) break;
  }
  return csvText({ ...runsCsv([]), rows: found });
}

function filterOf(source: WebSource, { policy, account, result, from, to }: Wish): RunFilter {
  const accounts = accountsOf(source.config.accounts, account);
  return {
    ...(accounts === undefined ? {} : { accounts }),
    ...(policy === undefined ? {} : { policy }),
    ...(result === undefined ? {} : { result }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

const firingColumns = [
  { title: 'Started' },
  { title: 'Policy' },
  { title: 'Accounts', number: true },
  { title: 'Result' },
  { title: 'Archived', number: true },
  { title: 'Deleted', number: true },
];

async function firingTable(source: WebSource, wish: Wish, kept: Kept): Promise<Html> {
  const { policy, idle, page = 1 } = wish;
  const filter = policy === undefined ? {} : { policy };
  const rows = await source.catalog.runBriefs(filter, mostGrouped);
  const { total } = await source.catalog.runPage(filter, { limit: 1, offset: 0 });
  const all = firings(rows, await activeJobs(source), doneOf);
  const busy = idle === 'show' ? all : all.filter((one) => one.runs.some(hadWork));
  const hidden = all.length - busy.length;
  const offset = (Math.max(1, page) - 1) * perPage;
  const shown = busy.slice(offset, offset + perPage);
  const caption = `${countOf(total, 'run')}, grouped by time, newest first`;
  return html`${
    shown.length === 0
      ? html`<p>No runs${hidden > 0 && ' that did anything'}.</p>`
      : htmlTable(caption, firingColumns, shown.map(firingCells))
  }
  ${paging('/runs', kept, { page: Math.max(1, page), more: offset + shown.length < busy.length })}
  ${csvLink('/runs.csv', kept, idle === 'show' || busy.length > 0 ? total : 0)}
  ${
    hidden > 0 &&
    html`<p class="note">
      ${countOf(hidden, 'time')} a policy had nothing to do.
      <a href="${link('/runs', { policy: policy ?? null, idle: 'show' })}">Show these too</a>
    </p>`
  }
  ${
    total > rows.length &&
    html`<p class="note">
      Only the newest ${count(rows.length)} runs are grouped; a filter lists older ones run by run.
    </p>`
  }`;
}

function firingCells({ policy, started, runs, results, archived, deleted }: Firing): readonly TableCell[] {
  const last = new Date(Math.max(...runs.map((run) => run.started.getTime())));
  const which = link('/runs', { policy, from: started.toISOString(), to: last.toISOString() });
  const worst = worstOf(results);
  return [
    html`<a href="${which}">${time(started)}</a>`,
    policyName(policy),
    count(runs.length),
    html`${worst !== null && tag(worst)} ${runs.length > 1 && resultsText(results)}`,
    amount(archived),
    amount(deleted),
  ];
}

export async function activeJobs({ catalog, clock }: WebSource): Promise<readonly ActiveJob[]> {
  return (await liveDaemons(catalog, clock.now())).flatMap(({ state }) => state.jobs);
}

/** A run without an end is running as long as a daemon is at it; else it was broken off. */
export function shownResult(run: RunRecord, jobs: readonly ActiveJob[]): string {
  const worst = worstOf(policyResults([run], jobs));
  return run.result ?? worst ?? 'interrupted';
}

const columns = [
  { title: 'Started' },
  { title: 'Policy' },
  { title: 'Account' },
  { title: 'Result' },
  { title: 'Archived', number: true },
  { title: 'Deleted', number: true },
];

function cells(run: RunRecord, jobs: readonly ActiveJob[]): readonly TableCell[] {
  const { archived, deleted } = doneOf(run);
  const reason = run.result === 'failed' ? reasonOf(run) : null;
  return [
    html`<a href="${runPath(run.id)}">${time(run.started)}</a>`,
    policyName(run.policy),
    accountLink(run),
    html`${tag(shownResult(run, jobs))} ${reason !== null && withoutAccount(reason, run)}`,
    amount(archived),
    amount(deleted),
  ];
}

function amount({ messages, bytes }: { readonly messages: number; readonly bytes: number }): string {
  return messages === 0 ? '' : `${count(messages)} (${sizeText(bytes)})`;
}
