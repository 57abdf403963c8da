import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { openWire } from '../../src/imap/connect.ts';
import { quoted, sequence } from '../../src/imap/wire-token.ts';
import { all, failsWith } from '../contract/mail-world.ts';
import { scriptedMessage } from '../servers/scripted-imap.ts';
import { withServer } from './scripted.ts';
import { accountOf, login, serverAt } from './sessions.ts';

const uidSet = /\d+(?::\d+)?(?:,\d+(?::\d+)?)*/.source;

/** Every command that may change anything on a server, as it may stand on the wire (SAFETY I2). */
const mutating = [
  `UID STORE ${uidSet} (?:\\(UNCHANGEDSINCE \\d+\\) )?[+-]FLAGS\\.SILENT \\((?:\\\\Deleted|\\$MothballFence)\\)`,
  `UID EXPUNGE ${uidSet}`,
  `UID MOVE ${uidSet} "[^"]*"`,
  'APPEND "[^"]*" \\([^)]*\\)(?: "[^"]*")? \\{\\d+\\+?\\}',
  'CREATE "[^"]*"',
  'SUBSCRIBE "[^"]*"',
];
const reading = [
  'CAPABILITY',
  'AUTHENTICATE PLAIN',
  'ENABLE CONDSTORE',
  'NAMESPACE',
  'LIST "" "[^"]*"(?: RETURN \\(SPECIAL-USE\\))?',
  'STATUS "[^"]*" \\(MESSAGES SIZE\\)',
  '(?:SELECT|EXAMINE) "[^"]*" \\(CONDSTORE\\)',
  'GETQUOTAROOT "[^"]*"',
  'UID SEARCH [A-Z]+(?: [\\w-]+)*',
  `UID FETCH ${uidSet} \\(UID (?:FLAGS INTERNALDATE RFC822\\.SIZE MODSEQ|BODY\\.PEEK\\[[^\\]]*\\](?:<\\d+\\.\\d+>)?| )+\\)`,
  'LOGOUT',
];
const allowed = new RegExp(`^(?:${[...mutating, ...reading].join('|')})$`);

test('a session that uses everything puts only allowed commands on the wire', async () => {
  const large = Buffer.alloc(5 * 1024 * 1024, 'x');
  const messages = [1, 2, 3, 7].map((number) => scriptedMessage(number, number === 7 ? { body: large } : {}));
  await withServer({ folders: { INBOX: { messages }, Trash: {} } }, async (server) => {
    {
      await using session = await login(server.port);
      await session.folders();
      await session.quota(['INBOX', 'Trash']);
      await session.size('INBOX');
      const before = await session.examine('INBOX');
      const uids = await session.search([{ kind: 'before', day: new Date('2021-01-01') }]);
      await all(session.fetchMeta(uids, { headers: ['From', 'List-Id'], saveDate: true }));
      const sized = uids.map((uid) => ({ uid, size: bytes(uid === 7 ? large.length : 50) }));
      await session.fetchBodies(sized, () => undefined);
      await session.headerDigests(uids);
      await session.select('INBOX');
      await session.fence(uids, null);
      await session.markDeleted(uids, before.highestModseq);
      await session.markDeleted(uids.slice(0, 2), null);
      await session.unmarkDeleted(uids.slice(1, 2));
      await session.expunge(uids.slice(0, 1));
      await session.move(uids.slice(1, 2), 'Trash');
      await session.createFolder('Restored');
      await session.append('Restored', Buffer.from('Subject: x\r\n\r\n'), ['\\Seen', 'Work'], new Date(0));
      await session.append('Restored', Buffer.alloc(10_000, 'y'), [], null);
      await session.size('Restored');
    }
    for (const line of server.log) assert.match(line, allowed);
    const changes = server.log.filter((line) => new RegExp(`^(?:${mutating.join('|')})$`).test(line));
    assert.deepEqual(changes, [
      'UID STORE 1:3,7 +FLAGS.SILENT ($MothballFence)',
      'UID STORE 1:3,7 -FLAGS.SILENT ($MothballFence)',
      'UID STORE 1:3,7 (UNCHANGEDSINCE 10) +FLAGS.SILENT (\\Deleted)',
      'UID STORE 1:2 +FLAGS.SILENT (\\Deleted)',
      'UID STORE 2 -FLAGS.SILENT (\\Deleted)',
      'UID EXPUNGE 1',
      'UID MOVE 2 "Trash"',
      'CREATE "Restored"',
      'SUBSCRIBE "Restored"',
      'APPEND "Restored" (\\Seen Work) " 1-Jan-1970 00:00:00 +0000" {14}',
      'APPEND "Restored" () {10000}',
    ]);
  });
});

test('the pattern of this test knows what is forbidden', () => {
  const forbidden = [
    'EXPUNGE',
    'CLOSE',
    'UID EXPUNGE 1:*',
    'UID STORE 1 +FLAGS (\\Deleted)',
    'STORE 1 +FLAGS.SILENT (\\Deleted)',
  ];
  for (const line of [
    ...forbidden,
    'UID STORE 1:* +FLAGS.SILENT (\\Deleted)',
    'UID FETCH 1 (UID BODY[])',
    'DELETE "INBOX"',
  ]) {
    assert.doesNotMatch(line, allowed);
  }
});

test('what must never be sent is stopped before the socket, whoever asks for it', async () => {
  const messages = [1, 2].map((number) => scriptedMessage(number, { flags: ['\\Deleted'] }));
  await withServer({ folders: { INBOX: { messages }, Trash: {} } }, async (server) => {
    const { wire } = await openWire(serverAt(server.port), accountOf('bob'), {});
    await wire.run('SELECT', [quoted('INBOX')]);
    // As if imapflow had opened it itself.
    Reflect.set(wire.client, 'mailbox', {
      path: 'INBOX',
      exists: 2,
      flags: new Set(),
      permanentFlags: new Set(['\\Deleted']),
    });
    Reflect.set(wire.client, 'state', 3);
    const sent = server.log.length;
    for (const command of ['EXPUNGE', 'CLOSE', 'DELETE', 'UID COPY', 'STORE']) {
      await assert.rejects(
        wire.run(command, [sequence('1:2'), quoted('Trash')]),
        failsWith('guard'),
        command,
      );
    }
    await assert.rejects(wire.run('UID EXPUNGE', [sequence('1:*')]), failsWith('guard'));
    // imapflow's own ways to delete reach nothing either.
    wire.client.refusal = null;
    await wire.client.messageDelete('1:*', { uid: true }).catch(() => false);
    assert.ok(wire.client.refusal !== null);
    await wire.client.messageDelete('1:2').catch(() => false);
    await wire.client.messageMove('1:2', 'Trash').catch(() => false);
    await wire.client.mailboxClose().catch(() => false);
    await wire.client.mailboxDelete('Trash').catch(() => false);
    assert.deepEqual(server.log.slice(sent), []);
    assert.equal(server.folders.get('INBOX')?.messages.length, 2);
    wire.close();
  });
});
