import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import type { RunDocument } from '../integration/documents.ts';
import { makeSite, policy, said } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';
import { assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

const basic = 'IMAP4rev1 LITERAL+ SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SPECIAL-USE NAMESPACE QUOTA';
let dovecot: Dovecot;
let bare: Dovecot;
let moves: Dovecot;

before(async () => {
  dovecot = await startDovecot();
  bare = await startDovecot({ shareMailOf: dovecot, capability: basic });
  moves = await startDovecot({ shareMailOf: dovecot, capability: `${basic} MOVE UIDPLUS` });
});

after(async () => {
  await Promise.all([bare.stop(), moves.stop()]);
  await dovecot.stop();
});

const mail = [note('old one', 500), note('old two', 600, { flags: ['\\Seen'] }), note('young', 3)];

test('a server with neither UIDPLUS nor MOVE gets archives only, and a line that says so', async (t) => {
  const user = 'bare@example.com';
  await seedUser(dovecot, user, mail);
  const site = await makeSite({ server: { port: bare.port }, users: [user], policies: [policy('old', 365)] });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const run = await site.run(['run', '--yes']);
  assert.match(said(run), /UIDPLUS/);
  assert.deepEqual(await snapshot(dovecot, user), full);
  assert.equal(site.archives()[0]?.messages.length, 2);
  // With UIDPLUS back, the same archives permit the deletion.
  await site.configure({ server: { port: dovecot.port } });
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.equal(
    runs.reduce((sum, one) => sum + one.deleted.messages, 0),
    2,
  );
  assert.equal(site.archives().length, 1);
});

test('mode trash moves to the Trash folder, and what it moved is not archived again', async (t) => {
  const user = 'trash@example.com';
  await seedUser(dovecot, user, mail);
  const trash = policy('old', 365, { delete: { after: '0d', mode: 'trash' } });
  const site = await makeSite({ server: { port: moves.port }, users: [user], policies: [trash] });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.equal(runs[0]?.deleted.messages, 2);
  const moved = await snapshot(dovecot, user);
  assert.deepEqual(subjects(moved, 'INBOX'), ['young']);
  assert.deepEqual(subjects(moved, 'Trash'), ['old one', 'old two']);
  const selected = full.messages.filter((message) => message.subject !== 'young');
  assertNothingLost(full, moved, site.archives(), selected);
  const again = await site.json<RunDocument>(['run', '--yes']);
  assert.ok(again.runs.every((run) => run.archived.messages === 0 && run.deleted.messages === 0));
  assert.deepEqual(await snapshot(dovecot, user), moved);
});

test('without UIDPLUS but with MOVE, an expunging policy goes to Trash or keeps, and never expunges', async (t) => {
  const user = 'moveonly@example.com';
  await seedUser(dovecot, user, mail);
  const server = await startDovecot({ shareMailOf: dovecot, capability: `${basic} MOVE` });
  t.after(() => server.stop());
  const site = await makeSite({
    server: { port: server.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  await site.run(['run', '--yes']);
  const now = await snapshot(dovecot, user);
  assert.deepEqual(subjects(now), subjects(full));
  assert.equal(site.archives()[0]?.messages.length, 2);
});
