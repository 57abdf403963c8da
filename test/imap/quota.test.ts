import assert from 'node:assert/strict';
import test from 'node:test';
import type { QuotaRoot } from '../../src/domain/quota.ts';
import { withScripted } from './scripted.ts';

async function rootsOf(...quota: string[]): Promise<readonly QuotaRoot[] | null> {
  let roots: readonly QuotaRoot[] | null = null;
  await withScripted({ quota }, async (session) => void (roots = await session.quota(['INBOX'])));
  return roots;
}

const folders = ['INBOX'];

test('two quota roots of one folder stay apart', async () => {
  assert.deepEqual(
    await rootsOf(
      'QUOTAROOT INBOX a "b c"',
      'QUOTA a (STORAGE 1 10 MESSAGE 2 20)',
      'QUOTA "b c" (storage 3 30)',
    ),
    [
      { name: 'a', storage: { used: 1024, limit: 10240 }, message: { used: 2, limit: 20 }, folders },
      { name: 'b c', storage: { used: 3072, limit: 30720 }, message: null, folders },
    ],
  );
});

test('a limit of 0 is no limit', async () => {
  assert.deepEqual(await rootsOf('QUOTAROOT INBOX ""', 'QUOTA "" (STORAGE 5 0 MESSAGE 1 0)'), [
    { name: '', storage: { used: 5120, limit: null }, message: { used: 1, limit: null }, folders },
  ]);
});

test('what is not told, or can not be counted exactly, is unknown', async () => {
  const none = [{ name: 'x', storage: null, message: null, folders }];
  const cases = [
    'QUOTA x NIL',
    'QUOTA x ()',
    'QUOTA x (STORAGE)',
    'QUOTA x (STORAGE a b)',
    'QUOTA y (STORAGE 1 2)',
  ];
  for (const line of [...cases, 'QUOTA x (STORAGE 9223372036854775808 9223372036854775808)', 'NOOP']) {
    assert.deepEqual(await rootsOf('QUOTAROOT INBOX x', line), none, line);
  }
  assert.deepEqual(await rootsOf('QUOTAROOT INBOX x', 'QUOTA x (STORAGE 1 9223372036854775808)'), [
    { name: 'x', storage: { used: 1024, limit: null }, message: null, folders },
  ]);
});

test('a folder without a quota root has none', async () => {
  assert.deepEqual(await rootsOf('QUOTAROOT INBOX'), []);
  assert.deepEqual(await rootsOf(), []);
});

test('a folder that the server refuses to answer for is under no root', async () => {
  const hooks = { GETQUOTAROOT: ({ no }: { no: (text: string) => void }) => no('not yours') };
  await withScripted({ hooks }, async (session) => assert.deepEqual(await session.quota(['INBOX']), []));
});

test('a server without QUOTA is not asked', async () => {
  await withScripted({ capabilities: 'IMAP4rev1 AUTH=PLAIN' }, async (session, server) => {
    assert.equal(await session.quota(['INBOX']), null);
    assert.ok(!server.log.some((line) => line.startsWith('GETQUOTA')));
  });
});
