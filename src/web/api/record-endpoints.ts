import { z } from 'zod';
import { archiveJson, archiveSchema } from '../../documents/archives.ts';
import { document, documentSchema } from '../../documents/document.ts';
import { recordedRunJson, recordedRunSchema, runLineJson, runLineSchema } from '../../documents/runs.ts';
import { MothballError } from '../../errors.ts';
import { oneArchive } from '../../read/wanted.ts';
import { accountsOf, archiveState, readQuery, runResult } from '../query.ts';
import { type Endpoint, filters, noQuery, stretch } from './endpoint.ts';

const total = z.int().describe('How many there are in all.');
const runsQuery = z.strictObject({
  account: filters.account,
  policy: filters.policy,
  result: runResult.optional().describe('Only runs that ended so.'),
  ...stretch,
});
const archivesQuery = z.strictObject({
  ...filters,
  state: archiveState.optional().describe('Only archives in this state.'),
  ...stretch,
});

/** What was run, and what is archived. */
export const recordEndpoints: readonly Endpoint[] = [
  {
    path: '/runs',
    summary: 'What was run, newest first.',
    mail: false,
    query: runsQuery,
    answer: documentSchema('runs', { total, runs: z.array(recordedRunSchema) }),
    async handle({ site, request }) {
      const { account, policy, result, ...stretchOf } = readQuery(runsQuery, request.query);
      const accounts = accountsOf(site.config.accounts, account);
      const found = await site.catalog.runPage(
        {
          ...(accounts === undefined ? {} : { accounts }),
          ...(policy === undefined ? {} : { policy }),
          ...(result === undefined ? {} : { result }),
        },
        stretchOf,
      );
      return document('runs', { total: found.total, runs: found.rows.map(recordedRunJson) });
    },
  },
  {
    path: '/runs/{id}',
    summary: 'One run, with what the job of its account logged. Slashes of the ID are written %2F.',
    mail: false,
    query: noQuery,
    answer: documentSchema('run-record', { run: recordedRunSchema, lines: z.array(runLineSchema) }),
    async handle({ site, request }) {
      const { id } = readQuery(z.object({ id: z.string() }), request.params);
      const run = await site.catalog.run(id);
      if (run === null) throw new MothballError(`there is no run ${id}`, { code: 'missing' });
      const lines = await site.catalog.runLines(id.split('/')[0] ?? '', run);
      return document('run-record', { run: recordedRunJson(run), lines: lines.map(runLineJson) });
    },
  },
  {
    path: '/archives',
    summary: 'The archives, newest first.',
    mail: false,
    query: archivesQuery,
    answer: documentSchema('archives', { total, archives: z.array(archiveSchema) }),
    async handle({ site, request }) {
      const { account, policy, store, state, ...stretchOf } = readQuery(archivesQuery, request.query);
      const accounts = accountsOf(site.config.accounts, account);
      const found = await site.catalog.archivePage(
        {
          ...(accounts === undefined ? {} : { accounts }),
          ...(policy === undefined ? {} : { policy }),
          ...(store === undefined ? {} : { store }),
          ...(state === undefined ? {} : { states: [state] }),
        },
        stretchOf,
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
    async handle({ site, request }) {
      const { id } = readQuery(z.object({ id: z.string() }), request.params);
      return document('archive', { archive: archiveJson(await oneArchive(site.catalog, id)) });
    },
  },
];
