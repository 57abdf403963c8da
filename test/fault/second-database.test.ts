/** Two installations on one store: the one that it does not belong to changes nothing there (SAFETY I6). */
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { assertExit, describe, makeSite, policy, said, type Site } from '../integration/installation.ts';
import { type ScriptedImap, scriptedMessage, startScriptedImap } from '../servers/scripted-imap.ts';

const user = 'ann@example.com';
const policies = [policy('old', 365, { delete: { after: '1d' }, retain: '1d' })];
let server: ScriptedImap;
let first: Site;
let second: Site;

before(async () => {
  server = await startScriptedImap({
    folders: { INBOX: { messages: [1, 2, 3].map((uid) => scriptedMessage(uid)) } },
  });
  first = await makeSite({ server: { port: server.port }, users: [user], policies });
  const shared = { server: { port: server.port }, users: [user], policies, archivePath: first.archiveDir };
  second = await makeSite(shared);
  const mail =
    'From: bob@example.com\r\nSubject: hello\r\nDate: Wed, 1 Jan 2020 10:00:00 +0000\r\n\r\nhi\r\n';
  await writeFile(join(second.dir, 'hello.eml'), mail);
  assertExit(await first.run(['run', '--yes']), 0);
});

after(async () => {
  await first.remove();
  await second.remove();
  await server.stop();
});

const stored = async (): Promise<readonly string[]> =>
  (await readdir(first.archiveDir, { recursive: true })).toSorted();

const addMail = (uid: number): void => void server.folders.get('INBOX')?.messages.push(scriptedMessage(uid));

const refused = /another database \([0-9a-f-]{36}, \S+mothball\.db, since .*this one \(/;

test('what writes to the store is refused in plain words, what reads is not', async () => {
  const objects = await stored();
  const reindex = await second.run(['reindex', '--yes']);
  assertExit(reindex, 3);
  assert.match(said(reindex), refused);
  for (const args of [
    ['run', '--yes'],
    ['import', join(second.dir, 'hello.eml'), '--account', user, '--folder', 'In', '--yes'],
    ['expire', '--yes'],
    ['expire', '--account', user, '--reason', 'left', '--yes'],
  ]) {
    const result = await second.run(args);
    assertExit(result, 1);
    assert.match(said(result), refused, args.join(' '));
    assert.match(said(result), /reindex --store local --take-over/, args.join(' '));
  }
  for (const args of [
    ['plan'],
    ['archives'],
    ['search', 'message'],
    ['verify'],
    ['run', '--dry-run'],
    ['expire', '--dry-run'],
  ])
    assertExit(await second.run(args), 0);
  assert.match(said(await second.run(['status'])), refused);
  assert.deepEqual(await stored(), objects, 'not one object was added or removed');
  assert.equal(server.folders.get('INBOX')?.messages.length, 3);
});

test('after a take-over the other one is refused, and it can take the store back', async () => {
  assertExit(await second.run(['reindex', '--take-over', '--yes']), 0);
  addMail(4);
  assertExit(await second.run(['run', '--yes']), 0);
  addMail(5);
  const result = await first.run(['run', '--yes']);
  assertExit(result, 1);
  assert.match(said(result), refused);
  assertExit(await first.run(['reindex', '--take-over']), 0);
  const again = await first.run(['run', '--yes']);
  assert.equal(again.code, 0, describe(again));
});
