/** Odd names and identities in LIST and SELECT, and a LIST that is refused (SAFETY I8). */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { makeSite, policy, said, type Site } from '../integration/installation.ts';
import {
  type Hook,
  type ScriptedImap,
  scriptedMessage,
  startScriptedImap,
} from '../servers/scripted-imap.ts';

async function world(
  t: TestContext,
  hooks: Record<string, Hook> = {},
): Promise<{ readonly server: ScriptedImap; readonly site: Site }> {
  const messages = () => [scriptedMessage(1), scriptedMessage(2)];
  const folders = { INBOX: { messages: messages() }, Mmm: { messages: messages() }, 'caf\xe9': {} };
  const server = await startScriptedImap({ folders, hooks });
  t.after(() => server.stop());
  const site = await makeSite({
    server: { port: server.port },
    users: ['ann@example.com'],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  return { server, site };
}

const left = ({ folders }: ScriptedImap): readonly number[] =>
  ['INBOX', 'Mmm'].map((name) => folders.get(name)?.messages.length ?? 0);

test('a folder whose name is raw Latin-1 is left alone and named, and the others are worked on', async (t) => {
  const { server, site } = await world(t);
  const run = await site.run(['run', '--yes']);
  assert.match(said(run), /folder "caf.*" is left alone: its name has bytes that are neither UTF-8 nor/);
  assert.equal(run.code, 3, said(run));
  assert.deepEqual(left(server), [0, 0]);
});

test('a folder that has another UIDVALIDITY each time it is opened is never deleted from, and named', async (t) => {
  const hooks: Record<string, Hook> = {};
  const { server, site } = await world(t, hooks);
  server.folders.delete('caf\xe9');
  let next = 100;
  for (const command of ['EXAMINE', 'SELECT'])
    hooks[command] = (exchange) => {
      const folder = server.folders.get('Mmm');
      if (folder !== undefined && exchange.args.includes('Mmm')) folder.uidValidity = next += 1;
      exchange.answer();
    };
  for (const _ of [1, 2]) {
    const run = await site.run(['run', '--yes']);
    assert.deepEqual(left(server), [0, 2]);
    assert.match(said(run), /folder "Mmm" became another one .*before its mail was read: it stays/);
    assert.equal(run.code, 3, said(run));
  }
});

test("a LIST that is refused fails the account with the server's words, and nothing is deleted", async (t) => {
  const { server, site } = await world(t, { LIST: ({ no }) => no('LIST failed: owner of Shared is gone') });
  const run = await site.run(['run', '--yes']);
  assert.equal(run.code, 1);
  assert.match(said(run), /LIST.*failed.*owner of Shared is gone/);
  assert.deepEqual(left(server), [2, 2]);
});

test('after a login with an ALERT, what the server refuses is told in its words; an odd LOGOUT is no error', async (t) => {
  const hooks: Record<string, Hook> = {
    LOGIN: ({ ok }) => ok('[ALERT] Please enable IMAP access'),
    LIST: ({ line, no }) => {
      line('BAD what is this');
      no('command not allowed before IMAP access is enabled');
    },
    LOGOUT: ({ send, tag }) => send(`${tag} BYE\r\n`),
  };
  const { server, site } = await world(t, hooks);
  const run = await site.run(['run', '--yes']);
  assert.equal(run.code, 1);
  assert.match(said(run), /command not allowed before IMAP access is enabled/);
  assert.deepEqual(left(server), [2, 2]);
  delete hooks['LIST'];
  const next = await site.run(['run', '--yes']);
  assert.deepEqual(left(server), [0, 0]);
  assert.equal(next.code, 3, 'for the folder with the raw name only');
  assert.doesNotMatch(said(next), /LOGOUT|BYE/);
});

for (const answer of ['no', 'bad'] as const)
  test(`a drain where GETQUOTAROOT is answered ${answer.toUpperCase()} does nothing, and the run says so in the server's words`, async (t) => {
    const { server, site } = await world(t, {
      GETQUOTAROOT: (exchange) => exchange[answer]('no quota today'),
    });
    const drain = policy('drain', 365, { when: { quotaAbove: '90%' }, drainTo: '75%' });
    await site.configure({ policies: [drain] });
    const run = await site.run(['run', '--yes']);
    assert.match(said(run), /no quota today/);
    assert.match(said(run), /drain.*reports no quota/s);
    assert.equal(run.code, 3);
    assert.deepEqual(left(server), [2, 2]);
  });
