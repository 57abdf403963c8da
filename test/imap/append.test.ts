import assert from 'node:assert/strict';
import test from 'node:test';
import { uid } from '../../src/domain/brands.ts';
import { failsWith, message } from '../contract/mail-world.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { RawImap } from '../servers/raw-imap.ts';
import type { Hook } from '../servers/scripted-imap.ts';
import { withScripted } from './scripted.ts';
import { login } from './sessions.ts';

test('what Dovecot refuses is told with its reason, and the session goes on', async () => {
  const dovecot = await startDovecot({ quotaBytes: 50_000, quotaRules: ['Trash:ignore'] });
  try {
    await using session = await login(dovecot.port);
    await assert.rejects(session.append('INBOX', Buffer.alloc(0), [], null), failsWith('protocol'));
    const big = message('big', 'x'.repeat(60_000));
    await assert.rejects(session.append('INBOX', big, [], null), (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, /mailbox is full.*[Qq]uota/);
      return failsWith('full')(error);
    });
    await session.append('Trash', big, [], null);
    assert.deepEqual(await session.size('Trash'), { messages: 1, bytes: big.length });
    assert.deepEqual(await session.size('INBOX'), { messages: 0, bytes: 0 });
  } finally {
    await dovecot.stop();
  }
});

test('with lazy_expunge an expunge frees no quota, and the session shows it', async () => {
  const dovecot = await startDovecot({ lazyExpunge: true });
  try {
    await using session = await login(dovecot.port);
    await session.append('INBOX', message('lazy', 'x'.repeat(100_000)), [], null);
    const [before] = (await session.quota(['INBOX'])) ?? [];
    await session.select('INBOX');
    const uids = await session.search([]);
    await session.markDeleted(uids, null);
    await session.expunge(uids);
    assert.equal((await session.examine('INBOX')).messages, 0);
    const [after] = (await session.quota(['INBOX'])) ?? [];
    assert.ok((before?.storage?.used ?? 0) >= 100_000);
    assert.equal(after?.storage?.used, before?.storage?.used);
  } finally {
    await dovecot.stop();
  }
});

test('names with quotes, wildcards and 8-bit letters are created, listed and opened as they are', async () => {
  const dovecot = await startDovecot();
  try {
    await using session = await login(dovecot.port);
    const names = ['a"b\\c', 'Zażółć & ünì', '日本/語', 'a*b', 'aXb', 'x%'];
    for (const name of names) await session.createFolder(name);
    const paths = (await session.folders()).map(({ path }) => path);
    for (const name of names) assert.ok(paths.includes(name), name);
    const raw = await RawImap.login(dovecot.port, 'bob');
    for (const name of names) {
      await raw.append(name, [{ body: 'Subject: x\r\n\r\n' }]);
      assert.equal((await session.examine(name)).messages, 1);
    }
    raw.close();
  } finally {
    await dovecot.stop();
  }
});

test('parents are created where the server does not make them itself', async () => {
  const hooks: Record<string, Hook> = {
    CREATE: (exchange) => {
      const [name] = exchange.args;
      const parent = String(name).split('/').slice(0, -1).join('/');
      if (parent === '' || made.has(parent)) {
        made.add(String(name));
        exchange.answer();
      } else exchange.no('no parent');
    },
  };
  const made = new Set<string>();
  await withScripted({ hooks }, async (session) => {
    await session.createFolder('a/b/c');
    assert.deepEqual([...made], ['a', 'a/b', 'a/b/c']);
  });
  await withScripted({ hooks: { CREATE: ({ no }) => no('not allowed') } }, async (session) => {
    await assert.rejects(session.createFolder('a/b'), failsWith('protocol'));
  });
});

test('mail refused for the folder that is examined is sent once more after SELECT, in no other case', async () => {
  const words = 'Current box is selected READ-ONLY.';
  const sent = async (
    answer: string,
    open: 'examine' | 'select' | 'elsewhere',
    readOnly = false,
  ): Promise<readonly string[]> => {
    const log: string[] = [];
    const folders = { INBOX: { readOnly }, Other: {} };
    await withScripted({ folders, hooks: { APPEND: ({ no }) => no(answer) } }, async (session, server) => {
      if (open === 'select') await session.select('INBOX');
      else await session.examine(open === 'examine' ? 'INBOX' : 'Other');
      server.log.length = 0;
      const refused = session.append('INBOX', message('x'), [], null);
      await assert.rejects(refused, { message: /READ-ONLY/ });
      log.push(...server.log.map((line) => line.split(' ')[0] ?? ''));
      if (open === 'examine') await assert.rejects(session.expunge([uid(1)]), failsWith('guard'));
    });
    return log;
  };
  assert.deepEqual(await sent(words, 'examine'), ['APPEND', 'SELECT', 'APPEND']);
  assert.deepEqual(await sent(words, 'examine', true), ['APPEND', 'SELECT']);
  assert.deepEqual(await sent(words, 'select'), ['APPEND']);
  assert.deepEqual(await sent(words, 'elsewhere'), ['APPEND']);
  assert.deepEqual(await sent(`[CANNOT] ${words}`, 'examine'), ['APPEND']);
});

test('without APPENDUID no UID is claimed', async () => {
  await withScripted({ hooks: { APPEND: ({ ok }) => ok('[APPENDUID 5 0] odd') } }, async (session) => {
    assert.deepEqual(await session.append('INBOX', message('x'), [], null), { uid: null, uidValidity: null });
  });
});

test('octets in flags or names that would break the command are never sent', async () => {
  await withScripted({}, async (session, server) => {
    await assert.rejects(
      session.append('INBOX', message('x'), ['a\r\nX LOGOUT'], null),
      failsWith('protocol'),
    );
    await session.createFolder('a\r\nX LOGOUT');
    assert.ok(!server.log.includes('LOGOUT'));
  });
});
