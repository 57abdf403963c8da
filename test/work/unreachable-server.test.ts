/** Accounts of a server that can't be reached, in one command (SAFETY I8). */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { type ErrorCode, MothballError } from '../../src/errors.ts';
import type { Mail } from '../../src/ports/mail.ts';
import { skippingUnreachable } from '../../src/work/unreachable-server.ts';
import { assertExit, makeSite, policy, said } from '../integration/installation.ts';
import { scriptedMessage, startScriptedImap } from '../servers/scripted-imap.ts';

/** Fails for each account as given, and notes what was tried. */
function failing(failures: Readonly<Record<string, ErrorCode | 'throttled'>>) {
  const tried: string[] = [];
  const mail: Mail = {
    async open({ account }, attempts) {
      tried.push(`${account} ${attempts ?? 'patiently'}`);
      const failure = failures[account] ?? 'protocol';
      if (failure !== 'throttled')
        throw new MothballError(`${account} failed`, { code: failure, retryable: true });
      const words = { status: 'NO', code: 'LIMIT', text: 'too many' } as const;
      throw new MothballError(`${account} failed`, { code: 'connect', retryable: true, said: words });
    },
  };
  const skipping = skippingUnreachable(mail);
  const open = (account: string, server = 'main') => skipping.open({ server, account });
  return { tried, open };
}

test('after one account one more is tried once, and the others are skipped with the first reason', async () => {
  const { tried, open } = failing({ ann: 'timeout', bob: 'connect', cia: 'connect', eve: 'connect' });
  await assert.rejects(open('ann'), { message: 'ann failed' });
  await assert.rejects(open('bob'), { message: 'bob failed' });
  for (const account of ['cia', 'eve', 'ann'])
    await assert.rejects(open(account), {
      code: 'connect',
      retryable: false,
      message: /is skipped: .*\(ann failed\)/,
    });
  await assert.rejects(open('dan', 'other'), { message: 'dan failed' }, 'another server is another matter');
  assert.deepEqual(tried, ['ann patiently', 'bob 1', 'dan patiently']);
});

test('an account that the server answers, if only with a refusal, shows that it can be reached', async () => {
  for (const answer of ['auth', 'throttled'] as const) {
    const { tried, open } = failing({ ann: 'connect', bob: answer, cia: 'connect', dan: answer });
    for (const account of ['ann', 'bob', 'cia', 'dan', 'eve']) await assert.rejects(open(account), /failed$/);
    assert.equal(tried.length, 5);
  }
});

test('the permit of a lock reaches the session behind it', async () => {
  const permit = { prove: () => Promise.resolve(), require: () => undefined };
  const given: unknown[] = [];
  const mail = skippingUnreachable({
    open: (_ref, attempts, one) => {
      given.push(attempts, one);
      return Promise.reject(new MothballError('refused', { code: 'auth' }));
    },
  });
  await assert.rejects(mail.open({ server: 'main', account: 'ann' }, 2, permit), { code: 'auth' });
  assert.deepEqual(given, [2, permit]);
});

async function deadServer(
  t: TestContext,
): Promise<{ readonly port: number; readonly connections: () => number }> {
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port }: AddressInfo = Object.assign({ address: '', family: '', port: 0 }, server.address());
  return { port, connections: () => connections };
}

test('run, plan, quota and scan do the accounts of the other servers and name those that they skip', async (t) => {
  const dead = await deadServer(t);
  const folders = { INBOX: { messages: [1, 2].map((uid) => scriptedMessage(uid)) } };
  const good = await startScriptedImap({ folders });
  t.after(() => good.stop());
  const plain = { host: '127.0.0.1', tls: 'none' };
  const users = ['a@example.com', 'b@example.com', 'c@example.com', 'd@example.com', 'e@example.com'];
  const site = await makeSite({
    server: { port: good.port },
    accounts: [
      { users, server: 'dead', passwordFile: './password' },
      { user: 'ann@example.com', server: 'main', passwordFile: './password' },
    ],
    policies: [policy('old', 365)],
    extra: {
      servers: {
        main: { ...plain, port: good.port },
        dead: { ...plain, port: dead.port, connectAttempts: 3 },
      },
    },
  });
  t.after(() => site.remove());
  for (const command of [['plan'], ['quota'], ['scan'], ['run', '--yes']]) {
    // One after another: what is under way at once can't know of the others yet.
    const args = [...command, '--account-concurrency', '1'];
    const before = dead.connections();
    const result = await site.run(args);
    assertExit(result, 3);
    // Three attempts and one more probe; a run asks for its first account again, once for each thing it does.
    const most = args[0] === 'run' ? 6 : 4;
    assert.ok(dead.connections() - before <= most, `${args.join(' ')}: ${dead.connections() - before}`);
    for (const user of users.slice(2))
      assert.match(said(result), new RegExp(`dead/${user} is skipped: server "dead" can't be reached`));
  }
  assert.equal(good.folders.get('INBOX')?.messages.length, 0);
  const alone = await site.run(['plan', '--account', 'a@*']);
  assertExit(alone, 1);
});
