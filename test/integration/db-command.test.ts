import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type Postgres, startPostgres } from '../servers/postgres.ts';
import type { RunDocument, SearchDocument } from './documents.ts';
import { assertExit, makeSite, policy, said } from './installation.ts';

const user = 'alice@example.com';
let dovecot: Dovecot;
let postgres: Postgres;

before(async () => {
  [dovecot, postgres] = await Promise.all([startDovecot(), startPostgres()]);
  await seedUser(dovecot, user, [note('one', 500), note('two', 600), note('young', 3)]);
});

after(async () => {
  await dovecot.stop();
  await postgres[Symbol.asyncDispose]();
});

test('an installation moves to PostgreSQL with one command, and what was archived is not archived again', async (t) => {
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { delete: { after: '7d' } })],
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  const database = await postgres.database(randomUUID());
  const copy = await site.run(['db', 'copy', 'sqlite:./mothball.db', database, '--yes']);
  assertExit(copy, 0);
  assert.match(copy.stdout, /counts and digests agree/);
  await site.configure({ extra: { database } });
  const { messages } = await site.json<SearchDocument>(['search', 'two']);
  assert.equal(messages.length, 1);
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.equal(runs[0]?.archived.messages, 0);
  assert.equal(site.archives().length, 1);
  const check = await site.run(['db', 'check']);
  assertExit(check, 0);
  assert.match(check.stdout, /is sound, and keeps what it acknowledged/);
  assert.match(check.stdout, /^lines +2$/m);
  assertExit(await site.run(['verify']), 0);
  // The old database is a stranger to nobody, but the new one holds a catalog.
  assertExit(await site.run(['db', 'copy', 'sqlite:./mothball.db', database, '--yes']), 1);
});

test('db migrate makes the schema of a new database, and db refuses what it does not know', async (t) => {
  const database = await postgres.database(randomUUID());
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
    extra: { database },
  });
  t.after(() => site.remove());
  assertExit(await site.run(['db', 'check']), 1);
  assertExit(await site.run(['db', 'migrate']), 0);
  assertExit(await site.run(['db', 'check']), 0);
  assertExit(await site.run(['db', 'vacuum']), 2);
  assertExit(await site.run(['db', 'copy', 'sqlite:./a.db']), 2);
  assertExit(await site.run(['db', 'copy', 'mysql://a/b', 'sqlite:./a.db']), 2);
});

test('a password on the command line is refused, and is in no message', async (t) => {
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const result = await site.run(['db', 'copy', 'sqlite:./mothball.db', 'postgres://u:canary@db/x', '--yes']);
  assertExit(result, 2);
  assert.match(said(result), /has its password in the command line/);
  assert.doesNotMatch(said(result), /canary/);
});
