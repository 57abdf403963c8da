/**
 * `mothball db copy` of a catalog of a million messages from SQLite to PostgreSQL, and the way back:
 * `npm run bench:copy [MESSAGES]`. Prints one JSON document: seconds, processor seconds and most memory of
 * Mothball for each way. What was copied is compared by SQL too.
 */
import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { launcher } from '../integration/mothball.ts';
import { startPostgres } from '../servers/postgres.ts';
import { measured } from './measured.ts';
import { openMail } from './search-databases.ts';

const count = Number(process.argv[2] ?? 1_000_000);
/** Counts that both databases write alike. */
const sums = `SELECT (SELECT count(*) FROM lines), (SELECT sum(size) FROM lines), (SELECT sum(n * (uid % 97)) FROM lines),
  (SELECT count(*) FROM archives), (SELECT count(*) FROM folders), (SELECT min(subject) FROM lines), (SELECT max(subject) FROM lines)`;

const directory = await mkdtemp(join(tmpdir(), 'mothball-copy-'));
try {
  await using postgres = await startPostgres({
    settings: { shared_buffers: "'512MB'", max_wal_size: "'2GB'" },
  });
  await using mail = await openMail('sqlite', count);
  await mail.catalog[Symbol.asyncDispose]();
  const target = await postgres.database('copied');
  const back = join(directory, 'back.db');
  const before = loadavg()[0];
  const there = await copy(mail.place, target);
  const expected = sqliteSums(mail.place.slice('sqlite:'.length));
  assert.equal((await postgres.sql('copied', sums)).trim(), expected);
  const again = await copy(target, `sqlite:${back}`);
  assert.equal(sqliteSums(back), expected);
  const loads = [before, loadavg()[0]];
  const bytes = Number(await postgres.sql('copied', "SELECT pg_database_size('copied')"));
  process.stdout.write(
    `${JSON.stringify({ count, there, back: again, postgresBytes: bytes, loads }, null, 2)}\n`,
  );
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function copy(from: string, to: string): Promise<object> {
  const args = ['--max-semi-space-size=2', launcher, 'db', 'copy', from, to, '--yes'];
  const { stdout, ...took } = await measured(process.execPath, args, {
    cwd: directory,
    longestMs: 3_600_000,
  });
  return { ...took, said: stdout.trim().split('\n').at(-1) };
}

function sqliteSums(path: string): string {
  using database = new DatabaseSync(path, { readOnly: true });
  return Object.values(database.prepare(sums).get() ?? {}).join('|');
}
