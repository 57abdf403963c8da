import { z } from 'zod';
import { type RecordedRun, recordedRunJson } from '../../documents/runs.ts';
import { count, countOf } from '../../domain/count.ts';
import { MothballError } from '../../errors.ts';
import { html, type Html } from '../html.ts';
import { accountsOf, given, readQuery, runResult, whole, word } from '../query.ts';
import type { WebSource } from '../source.ts';
import { accountLink, htmlTable, runPath, sizeText, tag, time } from './figures.ts';
import type { WebPage } from './layout.ts';
import { choice, paging, perPage, textField } from './paging.ts';

const querySchema = z.strictObject({
  policy: given(word),
  account: given(word),
  result: given(runResult),
  page: given(whole),
});

/** `/runs`: runs, newest first. */
export async function runsPage(source: WebSource, query: unknown): Promise<WebPage> {
  const { policy, account, result, page = 1 } = readQuery(querySchema, query);
  const accounts = accountsOf(source.config.accounts, account);
  const filter = {
    ...(accounts === undefined ? {} : { accounts }),
    ...(policy === undefined ? {} : { policy }),
    ...(result === undefined ? {} : { result }),
  };
  const offset = (Math.max(1, page) - 1) * perPage;
  const { rows, total } = await source.catalog.runPage(filter, { limit: perPage, offset });
  const names = source.config.policies.map(({ name }) => name);
  const kept = { policy: policy ?? null, account: account ?? null, result: result ?? null };
  const body = html`
    <form method="get" action="/runs" role="search">
      ${choice('policy', 'Policy', names, policy)}
      ${textField('account', 'Account (* matches any part)', account)}
      ${choice('result', 'Result', runResult.options, result)}
      <button>Show</button>
    </form>
    ${
      rows.length === 0
        ? html`<p>No runs.</p>`
        : htmlTable(`${countOf(total, 'run')}, newest first`, columns, rows.map(recordedRunJson).map(cells))
    }
    ${paging('/runs', kept, Math.max(1, page), offset + rows.length < total)}
  `;
  return { title: 'Runs', section: '/runs', body };
}

const columns = [
  { title: 'Started' },
  { title: 'Policy' },
  { title: 'Account' },
  { title: 'Result' },
  { title: 'Archived', number: true },
  { title: 'Deleted', number: true },
];

function cells(run: RecordedRun): readonly (Html | string)[] {
  const { report } = run;
  return [
    html`<a href="${runPath(run.id)}">${time(new Date(run.started))}</a>`,
    run.policy,
    accountLink(run),
    tag(run.result ?? 'not ended'),
    report === null ? '' : `${count(report.archived.messages)} (${sizeText(report.archived.bytes)})`,
    report === null ? '' : `${count(report.deleted.messages)} (${sizeText(report.deleted.bytes)})`,
  ];
}

/** `/runs/<id>`: one run with its log lines. */
export async function runPage(source: WebSource, id: string): Promise<WebPage> {
  const record = await source.catalog.run(id);
  if (record === null)
    throw new MothballError(
      { fact: `there is no run ${id}, or it was too old and its record was removed` },
      { code: 'missing' },
    );
  const run = recordedRunJson(record);
  const log = await source.catalog.runLines(id.split('/')[0] ?? '', run);
  const { report } = run;
  const body = html`
    <dl class="facts">
      <dt>Policy</dt>
      <dd>${run.policy}</dd>
      <dt>Account</dt>
      <dd>${accountLink(run)} on ${run.server}</dd>
      <dt>Started</dt>
      <dd>${time(record.started)}</dd>
      <dt>Ended</dt>
      <dd>${time(record.finished, 'not ended')}</dd>
      <dt>Result</dt>
      <dd>${tag(run.result ?? 'not ended')}</dd>
      ${report !== null && facts(report)}
    </dl>
    ${report !== null && problems(report)}
    <section aria-labelledby="log">
      <h2 id="log">Log of the account's job</h2>
      ${
        log.length === 0
          ? html`<p>No log lines are stored.</p>`
          : htmlTable(
              'Log lines of all policies in this job',
              [{ title: 'Time' }, { title: 'Level' }, { title: 'Line' }],
              log.map(({ at, level, text }) => [
                html`<time datetime="${at.toISOString()}">${at.toISOString().slice(11, 19)}</time>`,
                level === 'info'
                  ? level
                  : html`<span class="tag ${level === 'warn' ? 'odd' : 'bad'}">${level}</span>`,
                text,
              ]),
            )
      }
    </section>
  `;
  return { title: `Run of ${run.policy}`, section: '/runs', body };
}

type Report = NonNullable<RecordedRun['report']>;

function facts({ archived, deleted, skipped }: Report): Html {
  return html`<dt>Archived</dt>
    <dd>${countOf(archived.messages, 'message')}, ${sizeText(archived.bytes)}</dd>
    <dt>Deleted</dt>
    <dd>${countOf(deleted.messages, 'message')}, ${sizeText(deleted.bytes)}</dd>
    ${skipped.map(
      ({ reason, messages }) =>
        html`<dt>Kept</dt>
          <dd>${countOf(messages, 'message')}: ${reason}</dd>`,
    )}`;
}

function problems({ errors, notices, limits }: Report): Html | null {
  if (errors.length + notices.length + limits.length === 0) return null;
  return html`<section aria-labelledby="problems">
    <h2 id="problems">Needs attention</h2>
    <ul>
      ${limits.map(({ limit, allowed, wanted, of }) => html`<li>Over the limit ${limit}: ${wanted} of ${of} (allowed: ${allowed})</li>`)}
      ${errors.map(({ code, message }) => html`<li>${tag('failed')} ${message} (${code})</li>`)}
      ${notices.map((notice) => html`<li>${notice}</li>`)}
    </ul>
  </section>`;
}
