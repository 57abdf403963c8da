import { type RecordedRun, recordedRunJson } from '../../documents/runs.ts';
import { countOf } from '../../domain/count.ts';
import { MothballError } from '../../errors.ts';
import { html, type Html } from '../html.ts';
import type { WebSource } from '../source.ts';
import { accountLink, htmlTable, sizeText, tag, time } from './figures.ts';
import type { WebPage } from './layout.ts';
import { activeJobs, shownResult } from './runs.ts';

/** `/runs/<id>`: one run with its log lines. */
export async function runPage(source: WebSource, id: string): Promise<WebPage> {
  const record = await source.catalog.run(id);
  if (record === null)
    throw new MothballError(
      { fact: `there is no run ${id}, or it was too old and its record was removed` },
      { code: 'missing' },
    );
  const run = recordedRunJson(record);
  const jobs = await activeJobs(source);
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
      <dd>${time(record.finished, shownResult(record, jobs) === 'running' ? 'not yet' : 'unknown')}</dd>
      <dt>Result</dt>
      <dd>${tag(shownResult(record, jobs))}</dd>
      ${report !== null && facts(report)}
    </dl>
    ${report !== null && problems(report)}
    <section aria-labelledby="log">
      <h2 id="log">Log</h2>
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
