import assert from 'node:assert/strict';
import test from 'node:test';
import { uid, type Uid } from '../../src/domain/brands.ts';
import type { MailSession } from '../../src/ports/mail.ts';
import { all, failsWith } from '../contract/mail-world.ts';
import { type Exchange, type Hook, scriptedFolder, scriptedMessage } from '../servers/scripted-imap.ts';
import type { ScriptedOptions } from '../servers/scripted-types.ts';
import { withScripted } from './scripted.ts';

const uids: readonly Uid[] = [uid(1), uid(2), uid(5)];

function mailbox(hooks: Record<string, Hook> = {}): ScriptedOptions {
  const messages = [1, 2, 5].map((number) => scriptedMessage(number));
  return { hooks, folders: { INBOX: scriptedFolder({ messages }), Trash: {} } };
}

async function selected(session: MailSession): Promise<MailSession> {
  await session.select('INBOX');
  return session;
}

test('MODIFIED is told from an OK and from a NO', async () => {
  const answers: readonly Hook[] = [
    ({ ok }) => ok('[MODIFIED 2,5] some'),
    ({ no }) => no('[MODIFIED 2,5] some'),
  ];
  for (const answer of answers) {
    await withScripted(mailbox({ 'UID STORE': answer }), async (session) => {
      assert.deepEqual(await (await selected(session)).markDeleted(uids, 3n), [2, 5]);
    });
  }
});

const removes = ({ args }: Exchange): boolean => args.flat(2).includes('-FLAGS.SILENT');

test('a MODIFIED that can not be read counts for every UID of the command, and our mark is taken back', async () => {
  for (const code of ['[MODIFIED]', '[MODIFIED 1:4294967295]', '[MODIFIED x]']) {
    const answer: Hook = (exchange) => exchange.ok(removes(exchange) ? '' : code);
    await withScripted(mailbox({ 'UID STORE': answer }), async (session, server) => {
      assert.deepEqual(await (await selected(session)).markDeleted(uids, 3n), uids);
      assert.equal(server.log.at(-1), 'UID STORE 1:2,5 -FLAGS.SILENT (\\Deleted)');
    });
  }
});

test('a fence whose keyword can not be removed again still tells who was changed', async () => {
  const answer: Hook = (exchange) =>
    removes(exchange) ? exchange.no('no such keyword') : exchange.ok('[MODIFIED 2] some');
  await withScripted(mailbox({ 'UID STORE': answer }), async (session) => {
    assert.deepEqual(await (await selected(session)).fence(uids, 3n), [2]);
  });
});

test('STORE answered NO is an error; STORE ignored shows when the flags are read back', async () => {
  await withScripted(mailbox({ 'UID STORE': ({ no }) => no('read-only for you') }), async (session) => {
    await assert.rejects((await selected(session)).markDeleted(uids, null), failsWith('protocol'));
  });
  await withScripted(mailbox({ 'UID STORE': ({ ok }) => ok() }), async (session) => {
    assert.deepEqual(await (await selected(session)).markDeleted(uids, null), []);
    assert.ok((await all(session.fetchMeta(uids))).every(({ flags }) => flags?.length === 0));
  });
});

test('a mod-sequence is sent as given, and never left out', async () => {
  await withScripted(mailbox(), async (session, server) => {
    await (await selected(session)).markDeleted(uids, 0n);
    await session.markDeleted([uid(1)], 9223372036854775807n);
    assert.deepEqual(
      server.log.filter((line) => line.startsWith('UID STORE')),
      [
        'UID STORE 1:2,5 (UNCHANGEDSINCE 0) +FLAGS.SILENT (\\Deleted)',
        'UID STORE 1 (UNCHANGEDSINCE 9223372036854775807) +FLAGS.SILENT (\\Deleted)',
      ],
    );
  });
});

test('without CONDSTORE, UIDPLUS or MOVE nothing that needs them is sent', async () => {
  const options = { ...mailbox(), capabilities: 'IMAP4rev1 AUTH=PLAIN' };
  await withScripted(options, async (session, server) => {
    await selected(session);
    await assert.rejects(session.markDeleted(uids, 3n), failsWith('unsupported'));
    await assert.rejects(session.expunge(uids), failsWith('unsupported'));
    await assert.rejects(session.move(uids, 'Trash'), failsWith('unsupported'));
    assert.ok(!server.log.some((line) => /STORE|EXPUNGE|MOVE/.test(line)));
  });
});

test('capabilities count in any letter case', async () => {
  const capabilities =
    'imap4rev1 uidplus Move condstore objectid status=size quota appendlimit=1000 x-gm-ext-1';
  await withScripted({ ...mailbox(), capabilities: `${capabilities} auth=plain` }, async (session) => {
    const { uidplus, move, condstore, objectId, statusSize, quota, gmail, appendLimit } =
      session.capabilities;
    assert.deepEqual([uidplus, move, condstore, objectId, statusSize, quota, gmail], Array(7).fill(true));
    assert.equal(appendLimit, 1000);
    await assert.rejects(session.append('INBOX', Buffer.alloc(1001), [], null), failsWith('protocol'));
  });
});

test('EXPUNGE with an untagged NO and an OK removes nothing, and the folder says so', async () => {
  const hook: Hook = (exchange) => {
    exchange.line('NO not allowed here');
    exchange.ok();
  };
  await withScripted(mailbox({ 'UID EXPUNGE': hook }), async (session) => {
    await (await selected(session)).expunge(uids);
    await session.examine('INBOX');
    assert.deepEqual(await session.search([]), uids);
  });
});

test('COPYUID counts from an untagged and from the tagged OK, in parts too', async () => {
  const hook: Hook = (exchange) => {
    exchange.line('OK [COPYUID 9 1:2 21:22] first');
    exchange.ok('[COPYUID 9 5 30] rest');
  };
  await withScripted(mailbox({ 'UID MOVE': hook }), async (session) => {
    assert.deepEqual(await (await selected(session)).move(uids, 'Trash'), {
      pairs: [
        { source: 1, target: 21 },
        { source: 2, target: 22 },
        { source: 5, target: 30 },
      ],
      targetUidValidity: 9,
    });
  });
});

test('a missing or senseless COPYUID confirms nothing', async () => {
  const codes = [
    '',
    '[COPYUID 9 1:2 21]',
    '[COPYUID 9 1,7 21:22]',
    '[COPYUID 9 1:2 *]',
    '[COPYUID x 1 2]',
    '[COPYUID]',
  ];
  for (const code of codes) {
    await withScripted(mailbox({ 'UID MOVE': ({ ok }) => ok(code) }), async (session) => {
      const nothing = { pairs: null, targetUidValidity: null };
      assert.deepEqual(await (await selected(session)).move(uids, 'Trash'), nothing, code);
    });
  }
});

test('at most 500 UIDs go with one command', async () => {
  const many = Array.from({ length: 1200 }, (_, index) => uid(index + 1));
  await withScripted(mailbox(), async (session, server) => {
    await (await selected(session)).expunge(many);
    const sent = server.log.filter((line) => line.startsWith('UID EXPUNGE'));
    assert.deepEqual(sent, ['UID EXPUNGE 1:500', 'UID EXPUNGE 501:1000', 'UID EXPUNGE 1001:1200']);
  });
});

test('no UIDs: nothing is sent', async () => {
  await withScripted(mailbox(), async (session, server) => {
    await selected(session);
    const before = server.log.length;
    await session.markDeleted([], null);
    await session.expunge([]);
    assert.deepEqual(await session.move([], 'Trash'), { pairs: null, targetUidValidity: null });
    assert.equal(server.log.length, before);
  });
});
