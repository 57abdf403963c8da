import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before } from 'node:test';
import { findFiles } from '../oracle/archives.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { SearchDocument } from '../integration/documents.ts';
import { assertExit, policy, said } from '../integration/installation.ts';
import { archived, files, retaining, states } from '../integration/retaining-site.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const { retain: _, ...forever } = retaining;

test('erases all archives of one account, whatever they retain, and the audit says why', async (t) => {
  const user = 'leaver@example.com';
  const site = await archived(t, dovecot, user, ['INBOX', 'Lists'], { policies: [forever] });
  const request = ['expire', '--account', user, '--reason', 'request 17', '--yes'];
  const dry = await site.run([...request, '--dry-run']);
  assertExit(dry, 0);
  assert.match(dry.stdout, /would erase 2 archives with 4 messages/);
  assert.equal(site.archives().length, 2);
  const erased = await site.run(request);
  assertExit(erased, 0);
  assert.match(erased.stdout, /erased 2 archives with 4 messages/);
  assert.match(erased.stderr, /still covered by old/);
  assert.deepEqual(files(site), []);
  assert.deepEqual(await states(site), ['expired', 'expired']);
  assert.deepEqual((await site.json<SearchDocument>(['search', 'from:ada'])).messages, []);
  const database = new DatabaseSync(site.database, { readOnly: true });
  t.after(() => database.close());
  const audit = database.prepare("SELECT account, detail FROM audit WHERE action = 'erase'").all();
  assert.equal(audit.length, 2);
  for (const { account, detail } of audit) {
    assert.equal(account, user);
    assert.match(String(detail), /: request 17$/);
  }
  assert.equal(database.prepare('SELECT count(*) AS n FROM lines').get()?.['n'], 0);
  assertExit(await site.run(request), 0);
  assertExit(await site.run(['reindex']), 0);
  assert.deepEqual(await states(site), ['expired', 'expired']);
});

test('a hold on one message refuses all of it, and a leaver is found without mothball.yaml', async (t) => {
  const user = 'held-leaver@example.com';
  const hold = { name: 'case-4711', match: { from: 'ada@example.org' } };
  const site = await archived(t, dovecot, user, ['INBOX', 'Lists'], {
    policies: [forever],
    holds: [{ ...hold, accounts: ['nobody'] }],
  });
  await site.configure({ holds: [hold], users: ['somebody@example.com'] });
  const request = ['expire', '--account', user, '--reason', 'left', '--yes'];
  const refused = await site.run(request);
  assertExit(refused, 1);
  assert.match(said(refused), /none of them was: archive [0-9a-f]{12} is held by case-4711/);
  assert.equal(site.archives().length, 2);
  await site.configure({ holds: [] });
  assertExit(await site.run(request), 0);
  assert.deepEqual(files(site), []);
});

test('an account has to be named exactly, with a reason, and be known to the database', async (t) => {
  const user = 'exact@example.com';
  const site = await archived(t, dovecot, user, ['INBOX'], { policies: [forever] });
  for (const args of [
    ['--reason', 'no account'],
    ['--account', '*@example.com', '--reason', 'too many'],
    ['--account', user, '--reason', ' '],
  ]) {
    assertExit(await site.run(['expire', '--yes', ...args]), 2);
  }
  await site.removeDatabase();
  const request = ['expire', '--account', user, '--reason', 'left', '--yes'];
  assertExit(await site.run(request), 1);
  assert.equal(site.archives().length, 1);
});

test('mail that waits for its purge is let go: it stays on the server', async (t) => {
  const user = 'grace-leaver@example.com';
  const patient = policy('old', 365, { delete: { after: '7d' } });
  const site = await archived(t, dovecot, user, ['INBOX'], { policies: [patient] });
  assertExit(await site.run(['expire', '--account', user, '--reason', 'left', '--yes']), 0);
  assert.deepEqual(files(site), []);
  await site.configure({ policies: [{ ...forever, mode: 'plan' }] });
  const { runs } = JSON.parse((await site.run(['run', '--yes', '--json'])).stdout);
  assert.equal(runs[0].planned, 2);
  for (const path of findFiles(site.archiveDir, '.json'))
    assert.match(path, /store\.json$|\.mothball\/owner\/\d+\.json$/, await readFile(path, 'utf8'));
});
