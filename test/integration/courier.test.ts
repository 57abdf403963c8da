import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { mailbox, note, usualFlags, usualKeywords } from '../corpus/mailbox.ts';
import { assertExactlyGone, assertSameMail } from '../oracle/nothing-lost.ts';
import { withSession } from '../oracle/raw-session.ts';
import { selectByRule } from '../oracle/selection.ts';
import { type SnapshotMessage, snapshot, storageQuota } from '../oracle/snapshot.ts';
import { type Courier, startCourier } from '../servers/courier.ts';
import type { QuotaDocument, RunDocument } from './documents.ts';
import { assertExit, makeSite, policy, said } from './installation.ts';

const quotaBytes = 20_000 * 1_024;
const locked = 'INBOX.Locked';
let courier: Courier;

before(async () => {
  courier = await startCourier({ quotaBytes });
});
after(() => courier.stop());

test('on Courier mail leaves and comes back, its quota is shown, and a folder that nobody may open is skipped', async (t) => {
  await seed();
  const site = await makeSite({
    server: { port: courier.port },
    users: ['bob'],
    policies: [policy('old', 365, { folders: { include: ['**'], exclude: ['Keep'] } })],
  });
  t.after(() => site.remove());
  const full = await snapshot(courier, 'bob');
  const selected = selectByRule(full, { olderThanDays: 365, notFolders: ['INBOX.Keep', locked] }, new Date());
  assert.ok(selected.some(({ folder }) => folder === 'INBOX.Zdjęcia'));

  await rightsIn(locked, 'la');
  const { accounts } = await site.json<QuotaDocument>(['quota'], 3);
  const { used } = await storageQuota(courier, 'bob');
  // Courier does not count what is in Trash.
  const counted = bytesOf(full.messages.filter(({ folder }) => folder !== 'INBOX.Trash'));
  assert.ok(Math.abs(used - counted) < 0.1 * counted, `${used} of ${counted} bytes`);
  assert.deepEqual(
    accounts[0]?.roots.map(({ name, usedBytes, limitBytes }) => ({ name, usedBytes, limitBytes })),
    [{ name: 'ROOT', usedBytes: used, limitBytes: quotaBytes }],
  );

  const { runs } = await site.json<RunDocument>(['run', '--yes'], 3);
  assert.equal(runs[0]?.deleted.messages, selected.length);
  const again = await site.run(['run', '--yes']);
  assertExit(again, 3);
  assert.match(
    said(again),
    /folder "INBOX.Locked" skipped: the server refuses it \(NO\): "Access denied for SELECT/,
  );
  await rightsIn(locked, 'acdilrsw');
  assertExactlyGone(full, await snapshot(courier, 'bob'), site.archives(), selected);
  assert.ok((await storageQuota(courier, 'bob')).used < used);

  assertExit(await site.run(['restore', '--all', '--yes']), 0);
  const back = await snapshot(courier, 'bob');
  assertSameMail(full, back);
  assertExit(await site.run(['restore', '--all', '--yes']), 0);
  assert.deepEqual(await snapshot(courier, 'bob'), back);
});

test('on Courier imported mail goes under INBOX, and a line end that the server adds is reported', async (t) => {
  const site = await makeSite({
    server: { port: courier.port },
    users: ['eve'],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const box = join(site.dir, 'box');
  await mkdir(box);
  await writeFile(join(box, 'whole.eml'), note('whole', 500).raw);
  await writeFile(join(box, 'open.eml'), note('open', 500).raw.subarray(0, -2));
  const args = ['import', box, '--account', 'eve', '--folder', 'Imported', '--to-server', '--yes'];
  for (const words of ['the server altered its bytes', 'the server altered it; it is not added again']) {
    const done = await site.run(args);
    assertExit(done, 3);
    assert.ok(
      said(done)
        .split('\n')
        .some((line) => line.includes('open.eml') && line.includes(words)),
      said(done),
    );
    const { messages } = await snapshot(courier, 'eve');
    assert.deepEqual(messages.map(({ folder, subject }) => `${folder} ${subject.trim()}`).toSorted(), [
      'INBOX.Imported open',
      'INBOX.Imported whole',
    ]);
  }
});

/** Old and young mail in nested folders, one that no policy names, Trash, and one to be locked. */
async function seed(): Promise<void> {
  const messages = mailbox({
    seed: 61,
    count: 80,
    folders: ['INBOX', 'INBOX/Work/2020', 'INBOX/Zdjęcia', 'INBOX/Trash'],
    meanSize: 4_000,
    flags: { ...usualFlags, ...usualKeywords },
  });
  const notes = ['Keep', 'Locked'].map((name) => note(name, 900, { folder: `INBOX/${name}` }));
  await seedByAppend(courier, 'bob', [...messages, ...notes], { delimiter: '.', waiting: true });
}

/** Rights of RFC 4314 that the owner has in the folder; `la`: to see it and to change its rights. */
async function rightsIn(folder: string, rights: string): Promise<void> {
  await withSession(courier, 'bob', (session) => session.ok(`SETACL ${folder} owner ${rights}`));
}

function bytesOf(messages: readonly SnapshotMessage[]): number {
  return messages.reduce((sum, { size }) => sum + size, 0);
}
