import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before } from 'node:test';
import { findFiles } from '../oracle/archives.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { RunDocument, SearchDocument } from './documents.ts';
import { assertExit, said } from './installation.ts';
import { archived, files, later, retaining, states } from './retaining-site.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

test('what is younger than its retain stays, and a dry run says so without writing', async (t) => {
  const site = await archived(t, dovecot, 'young@example.com', ['INBOX']);
  for (const args of [['--dry-run'], ['--yes']]) {
    const run = await site.run(['expire', ...args]);
    assertExit(run, 0);
    assert.match(run.stdout, /kept: 1 archive \(younger than retain 30d\)/);
  }
  const dry = await site.run(['expire', '--dry-run', '--json'], later);
  assertExit(dry, 0);
  const { dryRun, stores } = JSON.parse(dry.stdout);
  assert.deepEqual([dryRun, stores[0].expired.length, stores[0].kept.length], [true, 1, 0]);
  assert.equal(stores[0].expired[0].reason, 'older than retain 30d of policy old');
  assert.deepEqual(await states(site), ['verified']);
  assert.equal(site.archives().length, 1);
});

test('what is older is removed whole, and search, show, restore and reindex know it no more', async (t) => {
  const site = await archived(t, dovecot, 'gone@example.com', ['INBOX']);
  const { messages } = await site.json<SearchDocument>(['search', 'from:ada']);
  const [id = ''] = messages.map((message) => message.id);
  assertExit(await site.run(['expire', '--yes', '--lift-limits'], later), 0);
  assert.deepEqual(files(site), []);
  assert.deepEqual(
    findFiles(site.archiveDir, '.json').length,
    2,
    'the marker of the store, and who writes to it',
  );
  assert.deepEqual(await states(site), ['expired']);
  const database = new DatabaseSync(site.database, { readOnly: true });
  const audit = database.prepare("SELECT account, detail FROM audit WHERE action = 'expire'").all();
  database.close();
  assert.deepEqual(
    audit.map(({ account }) => account),
    ['gone@example.com'],
  );
  assert.match(String(audit[0]?.['detail']), /2 messages of "INBOX": older than retain 30d of policy old/);
  assert.deepEqual((await site.json<SearchDocument>(['search', 'from:ada'])).messages, []);
  for (const args of [
    ['show', id],
    ['restore', id, '--yes'],
    ['verify', id.slice(0, 12)],
  ]) {
    const refused = await site.run(args);
    assertExit(refused, 1);
    assert.match(said(refused), /was removed for good by `expire` \(older than retain 30d of policy old\)/);
  }
  assertExit(await site.run(['reindex']), 0);
  assert.deepEqual(await states(site), ['expired']);
  await site.removeDatabase();
  assertExit(await site.run(['reindex']), 0);
  assert.deepEqual(await states(site), []);
});

test('over the limit nothing is removed, and --lift-limits lifts it once', async (t) => {
  const site = await archived(t, dovecot, 'limit@example.com', ['INBOX', 'A', 'B']);
  const whole = files(site);
  const stopped = await site.run(['expire', '--yes'], later);
  assertExit(stopped, 5);
  assert.match(
    said(stopped),
    /over the limit, so nothing was done: 100\.0 % of the archives.*20 % are allowed/,
  );
  assert.deepEqual(files(site), whole);
  await site.configure({ extra: { expire: { schedule: '0 3 * * *', maxPercent: 100 } } });
  assertExit(await site.run(['expire', '--yes'], later), 0);
  assert.deepEqual(files(site), []);
});

test('mail that is still on the server when its archive expires is archived anew', async (t) => {
  const { delete: _, ...copy } = retaining;
  const site = await archived(t, dovecot, 'again@example.com', ['INBOX'], { policies: [copy] });
  const [first] = site.archives();
  const search = ['search', 'from:ada'];
  const found = await site.json<SearchDocument>(search);
  assertExit(await site.run(['expire', '--yes', '--lift-limits'], later), 0);
  assert.equal(site.archives().length, 0);
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.equal(runs[0]?.archived.messages, 2);
  assert.deepEqual(await states(site), ['verified']);
  assert.equal(site.archives()[0]?.head.id, first?.head.id);
  assert.deepEqual(await site.json<SearchDocument>(search), found);
});
