/** Archived mail that is put back on Dovecot: a real local store, real SQLite, the real codec. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before } from 'node:test';
import { uid, uidValidity } from '../../src/domain/brands.ts';
import { seedByAppend } from '../corpus/append.ts';
import { mailbox, note, usualFlags, usualKeywords } from '../corpus/mailbox.ts';
import { oddMail } from '../corpus/seed.ts';
import { findFiles } from '../oracle/archives.ts';
import { assertSameMail } from '../oracle/nothing-lost.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { restoreWorld } from './world.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

test('mail comes back with its bytes, flags, keywords and dates; a second time adds nothing', async (t) => {
  const user = 'back@example.com';
  const world = await restoreWorld(t, dovecot, user, [
    ...mailbox({
      seed: 8,
      count: 40,
      user,
      folders: ['INBOX', 'Zdjęcia/2019'],
      ages: { from: 40, to: 900 },
      flags: { ...usualFlags, ...usualKeywords, '\\Flagged': 0, '\\Draft': 0 },
      meanSize: 4_000,
    }),
  ]);
  assert.equal((await world.now()).messages.length, 0);
  const bytes = world.full.messages.reduce((sum, { size }) => sum + size, 0);
  assert.deepEqual(await world.restore(), {
    restored: { messages: 40, bytes },
    present: 0,
    problems: [],
    folders: [],
    moved: [],
    lostFlags: [],
  });
  const back = await world.now();
  assertSameMail(world.full, back);
  assert.deepEqual(await world.restore(), {
    restored: { messages: 0, bytes: 0 },
    present: 40,
    problems: [],
    folders: [],
    moved: [],
    lostFlags: [],
  });
  assert.deepEqual(await world.now(), back);
});

test('mail of the same bytes and another date is no copy; one that a restore made is, whatever its date', async (t) => {
  const user = 'dates@example.com';
  const old = note('dated', 500);
  const world = await restoreWorld(t, dovecot, user, [old]);
  await seedByAppend(dovecot, user, [{ ...old, internalDate: new Date('2024-02-01T00:00:00Z') }]);
  const { restored, present } = await world.restore();
  assert.deepEqual([restored.messages, present], [1, 0]);
  const { messages } = await world.now();
  assert.equal(new Set(messages.map(({ internalDate }) => String(internalDate))).size, 2);
  const again = await world.restore();
  assert.deepEqual([again.restored.messages, again.present], [0, 1]);
});

test('copies are counted: what is there already stands for one message, not for all its twins', async (t) => {
  const twin = note('twin', 500);
  const mail = [twin, twin, note('single', 400)];
  const world = await restoreWorld(t, dovecot, 'copies@example.com', mail);
  await seedByAppend(dovecot, 'copies@example.com', [twin]);
  const { restored, present } = await world.restore();
  assert.deepEqual([restored.messages, present], [2, 1]);
  assertSameMail(world.full, await world.now());
});

test('a target takes the mail of all folders, and is created', async (t) => {
  const user = 'target@example.com';
  const world = await restoreWorld(t, dovecot, user, [
    note('one', 500),
    note('two', 400, { folder: 'Lists' }),
  ]);
  assert.equal((await world.restore({ target: 'Back/2020' })).restored.messages, 2);
  const { messages } = await world.now();
  assert.deepEqual(messages.map(({ folder, subject }) => `${folder} ${subject}`).toSorted(), [
    'Back/2020 one',
    'Back/2020 two',
  ]);
});

test('messages may be named one by one', async (t) => {
  const world = await restoreWorld(t, dovecot, 'named@example.com', [note('one', 500), note('two', 400)]);
  const [archive] = await world.catalog.archives();
  assert.equal((await world.restore({ ids: [`${archive?.id}/1`] })).restored.messages, 1);
  assert.deepEqual(
    (await world.now()).messages.map(({ subject }) => subject),
    ['two'],
  );
});

test('what a restore made is recorded in the catalog and in a receipt beside the archive', async (t) => {
  const world = await restoreWorld(t, dovecot, 'recorded@example.com', [note('one', 500), note('two', 400)]);
  await world.restore({ target: 'Back' });
  const { messages } = await world.now();
  const [first] = messages;
  const made = messages.map((message) => uid(message.uid));
  const validity = uidValidity(first?.uidValidity ?? 0);
  assert.deepEqual(
    await world.catalog.restoredUids(world.account, 'Back', validity, new Date(0)),
    new Set(made),
  );
  const receipts = findFiles(world.archiveDir, '.json').filter((path) => path.includes('.receipts/'));
  assert.equal(receipts.length, 1);
  const [archive] = await world.catalog.archives();
  const { at, ...receipt } = JSON.parse(readFileSync(receipts[0] ?? '', 'utf8'));
  assert.equal(new Date(at).toISOString(), at);
  assert.deepEqual(receipt, {
    kind: 'restore',
    version: 1,
    run: 'run-1',
    archive: archive?.id,
    mode: 'append',
    lines: [0, 1],
    folder: 'Back',
    uidValidity: validity,
    uids: made,
  });
});

test('a message that the server alters is reported each time, and added once', async (t) => {
  // Dovecot alters CR CR LF on every APPEND.
  const user = 'altered@example.com';
  const odd = oddMail('INBOX', 500).filter(({ raw }) => raw.includes('Subject: cr-cr-lf'));
  const world = await restoreWorld(t, dovecot, user, [note('even', 400), ...odd]);
  const first = await world.restore();
  assert.deepEqual([first.restored.messages, first.problems.map(({ outcome }) => outcome)], [1, ['altered']]);
  const [archive] = await world.catalog.archives();
  assert.ok(first.problems.every(({ id }) => id.startsWith(`${archive?.id}/`)));
  const back = await world.now();
  assert.equal(back.messages.length, 2);
  const second = await world.restore();
  assert.deepEqual(
    [second.restored.messages, second.present, second.problems.map(({ outcome }) => outcome)],
    [0, 1, ['altered']],
  );
  assert.deepEqual(await world.now(), back);
});

test('a restore that was killed before it compared what the server alters adds it no second time', async (t) => {
  const user = 'uncompared@example.com';
  const odd = oddMail('INBOX', 500).filter(({ raw }) => raw.includes('Subject: cr-cr-lf'));
  const world = await restoreWorld(t, dovecot, user, odd);
  // What is left after a kill right behind the APPEND: the message, and the record of it.
  await world.restore();
  const back = await world.now();
  const [message] = back.messages;
  const [archive] = await world.catalog.archives();
  const [line] = await world.catalog.lines(archive?.id ?? assert.fail());
  assert.ok(message !== undefined && line !== undefined);
  forgetRestores(world.database);
  const copy = { folder: 'INBOX', uidValidity: uidValidity(message.uidValidity), uid: uid(message.uid) };
  const record = { ...world.account, ...copy, sha256: line.sha256, detail: null, at: new Date() };
  await world.catalog.addRestores([{ ...record, outcome: 'appended' }]);
  for (const _ of [1, 2]) {
    const again = await world.restore();
    assert.deepEqual(
      [again.restored.messages, again.problems.map(({ outcome }) => outcome)],
      [0, ['altered']],
    );
    assert.deepEqual(await world.now(), back);
  }
});

test('a damaged archive costs itself alone', async (t) => {
  const world = await restoreWorld(t, dovecot, 'damaged@example.com', [
    note('lost', 500, { folder: 'Lists' }),
    note('fine', 400),
  ]);
  const lists = (await world.catalog.archives()).find(({ folder }) => folder === 'Lists');
  const path = join(world.archiveDir, lists?.key ?? '');
  writeFileSync(path, Buffer.alloc(readFileSync(path).length, 'damaged'));
  const { restored, problems } = await world.restore();
  assert.equal(restored.messages, 1);
  assert.deepEqual(
    problems.map(({ id, outcome }) => [id, outcome]),
    [[`${lists?.id}/0`, 'damaged']],
  );
  assert.deepEqual(
    (await world.now()).messages.map(({ subject }) => subject),
    ['fine'],
  );
});

/** Removes what the catalog knows of restores. */
function forgetRestores(path: string): void {
  const database = new DatabaseSync(path);
  database.exec('DELETE FROM restores');
  database.close();
}
