import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { imapMail, openSession } from '../../src/imap/mail.ts';
import { mostPerUser } from '../../src/imap/seats.ts';
import { isError } from '../../src/errors.ts';
import type { MailSession } from '../../src/ports/mail.ts';
import type { ScriptedImap } from '../servers/scripted-imap.ts';
import {
  type ScriptedFolder,
  scriptedFolder,
  scriptedMessage,
  type ScriptedOptions,
} from '../servers/scripted-types.ts';
import { withServer } from './scripted.ts';
import { accountOf, serverAt } from './sessions.ts';

const plain = 'IMAP4rev1 UIDPLUS NAMESPACE';
const limit = bytes(1000);

function sized(...sizes: readonly number[]): ScriptedFolder {
  return scriptedFolder({ messages: sizes.map((size, index) => scriptedMessage(index + 1, { size })) });
}

/** A session whose account has a configured limit; what was read before is kept in `known`. */
function limited(server: ScriptedImap, known = new Map()): Promise<MailSession> {
  return openSession(serverAt(server.port), { ...accountOf('bob'), quotaBytes: limit }, {}, { known });
}

async function withLimited(
  options: ScriptedOptions,
  body: (session: MailSession, server: ScriptedImap) => Promise<void>,
): Promise<void> {
  await withServer(options, async (server) => {
    await using session = await limited(server);
    await body(session, server);
  });
}

test('without QUOTA, usage is the sum of all folders under the configured limit, and no folder stays selected', async () => {
  const folders = { INBOX: sized(100, 20), Sent: sized(3) };
  await withLimited({ folders, capabilities: plain }, async (session) => {
    await session.select('INBOX');
    assert.deepEqual(await session.quota(['INBOX']), [
      { name: 'configured limit', storage: { used: 123, limit: 1000 }, message: null, folders: ['INBOX'] },
    ]);
    // What follows must not reach the folder that was examined last.
    await assert.rejects(session.search([]), /SEARCH/);
    await session.select('INBOX');
    assert.equal((await session.search([])).length, 2);
  });
});

test('only folders that changed are read again', async () => {
  const folders = { INBOX: sized(100, 20), Sent: sized(3) };
  const read: string[] = [];
  const hooks: NonNullable<ScriptedOptions['hooks']> = {
    EXAMINE: (exchange) => {
      read.push(String(exchange.args[0]));
      exchange.answer();
    },
  };
  await withServer({ folders, capabilities: plain, hooks }, async (server) => {
    const known = new Map();
    for (const expected of [123, 123]) {
      await using session = await limited(server, known);
      assert.equal((await session.quota(['INBOX']))?.[0]?.storage?.used, expected);
    }
    assert.deepEqual(read.toSorted(), ['INBOX', 'Sent']);
    const sent = server.folders.get('Sent') ?? assert.fail('no folder');
    sent.messages.push(scriptedMessage(2, { size: 7 }));
    sent.uidNext = 3;
    await using session = await limited(server, known);
    assert.equal((await session.quota(['INBOX']))?.[0]?.storage?.used, 130);
    assert.deepEqual(read.toSorted(), ['INBOX', 'Sent', 'Sent']);
    // One came and one went: the count is the same, the next UID is not.
    sent.messages.shift();
    sent.messages.push(scriptedMessage(3, { size: 50 }));
    sent.uidNext = 4;
    assert.equal((await session.quota(['INBOX']))?.[0]?.storage?.used, 177);
  });
});

test('a folder whose size is unknown makes the sum unknown, never less', async () => {
  const hooks: NonNullable<ScriptedOptions['hooks']> = {
    EXAMINE: (exchange) => (exchange.args[0] === 'Sent' ? exchange.no('[NOPERM] no') : exchange.answer()),
  };
  const folders = { INBOX: sized(100), Sent: sized(3) };
  await withLimited({ folders, capabilities: plain, hooks }, async (session) => {
    assert.deepEqual(await session.quota(['INBOX']), [
      { name: 'configured limit', storage: null, message: null, folders: ['INBOX'] },
    ]);
    assert.match(session.oddities[0]?.text ?? '', /how full the mailbox is, is unknown/);
  });
});

test('a limit of the server counts before the configured one; usage without a limit gets it', async () => {
  const roots = (line: string) => ({ quota: ['QUOTAROOT INBOX x', line] });
  await withLimited(roots('QUOTA x (STORAGE 1 10)'), async (session) => {
    assert.deepEqual((await session.quota(['INBOX']))?.[0]?.storage, { used: 1024, limit: 10_240 });
  });
  await withLimited(roots('QUOTA x (STORAGE 1 0)'), async (session) => {
    assert.deepEqual((await session.quota(['INBOX']))?.[0]?.storage, { used: 1024, limit: 1000 });
  });
});

test('sizes are read over the connection that is open: a user who may have no other one has a quota too', async () => {
  await withServer({ folders: { INBOX: sized(100) }, capabilities: plain }, async (server) => {
    const servers = new Map([['test', serverAt(server.port, { connectTimeoutMs: 500 })]]);
    const account = { ...accountOf('bob'), quotaBytes: limit };
    const mail = imapMail(servers, [account]);
    await using open = new AsyncDisposableStack();
    const sessions: MailSession[] = [];
    for (let count = 0; count < mostPerUser; count += 1) sessions.push(open.use(await mail.open(account)));
    await assert.rejects(
      mail.open(account),
      (error) => isError(error, 'connect') && /10 connections of this user are open/.test(error.message),
    );
    const [root] = (await sessions[0]?.quota(['INBOX'])) ?? [];
    assert.equal(root?.storage?.used, 100);
    assert.equal(server.connections, mostPerUser);
  });
});
