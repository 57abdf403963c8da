import { z } from 'zod';
import { archiveJson, archiveSchema } from '../../documents/archives.ts';
import { document, documentSchema } from '../../documents/document.ts';
import { recordedRunJson, recordedRunSchema, runLineJson, runLineSchema } from '../../documents/runs.ts';
import { MothballError } from '../../errors.ts';
import { oneArchive } from '../../read/wanted.ts';
import { accountsOf, archiveState, readQuery, runResult } from '../query.ts';
import { type Endpoint, filters, listPart, noQuery } from './endpoint.ts';

const total = z.int().describe('Number of entries in total.');
const runsQuery = z.strictObject({
  account: filters.account,
  policy: filters.policy,
  result: runResult.optional().describe('Only runs with this result.'),
  ...listPart,
});
const archivesQuery = z.strictObject({
  ...filters,
  state: archiveState.optional().describe('Only archives in this state.'),
  ...listPart,
});

/** Runs and archives. */
export const recordEndpoints: readonly Endpoint[] = [
  {
    path: '/runs',
    summary: 'Runs, newest first.',
    mail: false,
    query: runsQuery,
    answer: documentSchema('runs', { total, runs: z.array(recordedRunSchema) }),
    async handle({ source, request }) {
      const { account, policy, result, ...part } = readQuery(runsQuery, request.query);
      const accounts = accountsOf(source.config.accounts, account);
      const found = await source.catalog.runPage(
        {
          ...(accounts === undefined ? {} : { accounts }),
          ...(policy === undefined ? {} : { policy }),
          ...(result === undefined ? {} : { result }),
        },
        part,
      );
      return document('runs', { total: found.total, runs: found.rows.map(recordedRunJson) });
    },
  },
  {
    path: '/runs/{id}',
    summary: "One run, with the log lines of its account's job. Slashes in the ID are written as %2F.",
    mail: false,
    query: noQuery,
    answer: documentSchema('run-record', { run: recordedRunSchema, lines: z.array(runLineSchema) }),
    async handle({ source, request }) {
      const { id } = readQuery(z.object({ id: z.string() }), request.params);
      const run = await source.catalog.run(id);
      if (run === null) throw new MothballError({ fact: `there is no run ${id}` }, { code: 'missing' });
      const lines = await source.catalog.runLines(id.split('/')[0] ?? '', run);
      return document('run-record', { run: recordedRunJson(run), lines: lines.map(runLineJson) });
    },
  },
  {
    path: '/archives',
    summary: 'Archives, newest first.',
    mail: false,
    query: archivesQuery,
    answer: documentSchema('archives', { total, archives: z.array(archiveSchema) }),
    async handle({ source, request }) {
      const { account, policy, store, state, ...part } = readQuery(archivesQuery, request.query);
      const accounts = accountsOf(source.config.accounts, account);
      const found = await source.catalog.archivePage(
        {
          ...(accounts === undefined ? {} : { accounts }),
          ...(policy === undefined ? {} : { policy }),
          ...(store === undefined ? {} : { store }),
          ...(state === undefined ? {} : { states: [state] }),
        },
        part,
      );
      return document('archives', { total: found.total, archives: found.rows.map(archiveJson) });
    },
  },
  {
    path: '/archives/{id}',
    summary: 'One archive, by at least six digits of its ID.',
    mail: false,
    query: noQuery,
    answer: documentSchema('archive', { archive: archiveSchema }),
    async handle({ source, request }) {
      const { id } = readQuery(z.object({ id: z.string() }), request.params);
      return document('archive', { archive: archiveJson(await oneArchive(source.catalog, id)) });
    },
  },
];
