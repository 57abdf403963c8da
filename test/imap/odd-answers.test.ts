/** Answers that public servers give otherwise than they should (SAFETY I8): each costs itself alone. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { uid } from '../../src/domain/brands.ts';
import { MothballError } from '../../src/errors.ts';
import { Deadline } from '../../src/imap/deadline.ts';
import { type Hook, scriptedMessage } from '../servers/scripted-imap.ts';
import { withScripted, withServer } from './scripted.ts';
import { login } from './sessions.ts';

const refusedLogins: readonly (readonly [words: string, code: string, retried: boolean, says: RegExp])[] = [
  ['[ALERT] Too many simultaneous connections. (Failure)', 'connect', true, /accepts no login now/],
  ['Server Unavailable. 15', 'connect', true, /accepts no login now.*Server Unavailable/],
  ['[UNAVAILABLE] Temporary authentication failure', 'connect', true, /UNAVAILABLE: /],
  ['[LIMIT] Connection limit reached', 'connect', true, /LIMIT: /],
  ['User is authenticated but not connected.', 'connect', true, /does not open the mailbox/],
  ['[AUTHENTICATIONFAILED] Too many attempts', 'auth', false, /user name or password/],
  ['Login failed', 'auth', false, /user name or password.*Login failed/],
  ['Your account has been suspended', 'auth', false, /disabled or has expired.*suspended/],
  ['[EXPIRED] That password is stale', 'auth', false, /disabled or has expired/],
];

for (const [words, code, retried, says] of refusedLogins) {
  test(`a login refused with "${words}" is ${retried ? 'tried again' : 'final'}, and its words are shown`, async () => {
    let logins = 0;
    const refuse: Hook = (exchange) => {
      logins += 1;
      exchange.no(words);
    };
    await withServer({ hooks: { LOGIN: refuse, AUTHENTICATE: refuse } }, async (server) => {
      await assert.rejects(login(server.port, 'bob', { connectAttempts: 2 }), (error) => {
        assert.ok(error instanceof MothballError);
        assert.deepEqual([error.code, error.retryable], [code, retried]);
        assert.match(error.message, says);
        return true;
      });
      assert.equal(logins, retried ? 2 : 1);
    });
  });
}

test('a mailbox that is "authenticated but not connected" is not called a wrong password', async () => {
  const hooks = { NAMESPACE: (({ bad }) => bad('User is authenticated but not connected.')) satisfies Hook };
  await withServer({ hooks }, async (server) => {
    await assert.rejects(login(server.port, 'bob', { connectAttempts: 1 }), {
      code: 'connect',
      message: /does not open the mailbox \(User is authenticated but not connected\.\)/,
    });
  });
});

test('a client that must name itself before a folder opens does so, whether ID is offered or not', async () => {
  let named = false;
  const hooks: Record<string, Hook> = {
    ID: (exchange) => {
      named = true;
      exchange.answer();
    },
    EXAMINE: (exchange) =>
      named ? exchange.answer() : exchange.no('EXAMINE Unsafe Login. Please contact kefu@188.com for help'),
  };
  await withScripted({ folders: { INBOX: { messages: [scriptedMessage(1)] } }, hooks }, async (session) => {
    assert.equal((await session.examine('INBOX')).messages, 1);
  });
});

test('a line of the quota that can not be read is named and left out, and the other roots count', async () => {
  const quota = ['QUOTAROOT INBOX "a" "b"', 'QUOTA "a" (STORAGE 10 100)', 'QUOTA "b" (STORAGE (5% 10)'];
  await withScripted({ quota }, async (session) => {
    const roots = (await session.quota(['INBOX'])) ?? [];
    assert.deepEqual(
      roots.map(({ name, storage }) => [name, storage?.used ?? null]),
      [
        ['a', 10_240],
        ['b', null],
      ],
    );
    assert.match(session.oddities[0]?.text ?? '', /line of the server's quota can't be read/);
  });
});

test('a server that offers QUOTA and refuses it is named with its words, once', async () => {
  const hooks = { GETQUOTAROOT: (({ no }) => no('[SERVERBUG] Internal error')) satisfies Hook };
  await withScripted({ hooks }, async (session) => {
    assert.deepEqual(await session.quota(['INBOX', 'INBOX']), []);
    assert.deepEqual(
      session.oddities.map(({ text }) => /SERVERBUG\): "Internal error"; how full/.test(text)),
      [true],
    );
  });
});

test('quota roots without end are bounded', async () => {
  const names = Array.from({ length: 500 }, (_, index) => `"root ${index}"`);
  const quota = [`QUOTAROOT INBOX ${names.join(' ')}`, ...names.map((name) => `QUOTA ${name} (STORAGE 1 2)`)];
  await withScripted({ quota }, async (session) => {
    assert.equal((await session.quota(['INBOX']))?.length, 50);
    assert.match(session.oddities[0]?.text ?? '', /more than 50 quota roots/);
  });
});

test('no line of FETCH is longer than 8,000 bytes, however many UIDs and header fields it names', async () => {
  const uids = Array.from({ length: 3000 }, (_, index) => 1_000_001 + 2 * index);
  const messages = uids.map((number) => scriptedMessage(number));
  const headers = Array.from({ length: 20 }, (_, index) => `x-a-header-field-of-some-length-${index}`);
  await withScripted({ folders: { INBOX: { messages } } }, async (session, server) => {
    await session.examine('INBOX');
    let count = 0;
    for await (const _ of session.fetchMeta(uids.map(uid), { headers })) count += 1;
    assert.equal(count, 3000);
    const longest = Math.max(...server.log.map((line) => line.length));
    assert.ok(longest < 7990, `${longest} bytes without the tag`);
  });
});

test('SEARCH that finds nothing by date is found out on demand', async () => {
  const hooks: Record<string, Hook> = {
    'UID SEARCH': (exchange) => {
      if (!exchange.args.flat(2).includes('BEFORE')) return exchange.answer();
      exchange.line('SEARCH');
      exchange.ok();
    },
  };
  await withScripted({ folders: { INBOX: { messages: [scriptedMessage(1)] } }, hooks }, async (session) => {
    await session.examine('INBOX');
    await session.checkSearch();
    assert.match(session.oddities[0]?.text ?? '', /SEARCH by date finds 0 of 1 messages/);
  });
});

test('a folder called Virtual is one like any other, unless it is a namespace or can not be opened', async () => {
  const mirrorsOf = async (options: Parameters<typeof withScripted>[0]): Promise<readonly string[]> => {
    const found: string[] = [];
    await withScripted(options, async (session) => {
      for (const { path, mirror } of await session.folders()) if (mirror) found.push(path);
    });
    return found;
  };
  const folders = { INBOX: {}, Virtual: {}, 'Virtual/all': {} };
  assert.deepEqual(await mirrorsOf({ folders }), []);
  const namespace = '(("" "/")("Virtual/" "/")) NIL NIL';
  assert.deepEqual(await mirrorsOf({ folders, namespace }), ['Virtual', 'Virtual/all']);
  const closed = { ...folders, Virtual: { attributes: '\\Noselect' } };
  assert.deepEqual(await mirrorsOf({ folders: closed }), ['Virtual', 'Virtual/all']);
});

test('one byte in each interval does not keep a command alive for ever', async () => {
  let received = 0;
  const trickle = setInterval(() => (received += 1), 1);
  try {
    await new Promise<void>((resolve) => new Deadline(5, () => received, resolve));
  } finally {
    clearInterval(trickle);
  }
  assert.ok(received > 10, 'it was given time');
});

const unreadable = '* LIST (\\HasNoChildren "/" INBOX\r\n';

test('a line that nobody can read costs no command that was sent after it', async () => {
  const folders = { INBOX: { messages: [scriptedMessage(1)] } };
  const beforeAnswer: Hook = (exchange) => {
    exchange.send(unreadable);
    exchange.answer();
  };
  const afterAnswer: Hook = (exchange) => {
    exchange.answer();
    setTimeout(() => exchange.send(unreadable), 10);
  };
  await withScripted(
    { folders, hooks: { LOGIN: beforeAnswer, AUTHENTICATE: beforeAnswer } },
    async (session) => {
      assert.equal((await session.examine('INBOX')).messages, 1);
    },
  );
  await withScripted({ folders, hooks: { SELECT: afterAnswer } }, async (session) => {
    await session.select('INBOX');
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.deepEqual(await session.markDeleted([uid(1)], null), []);
    await session.expunge([uid(1)]);
  });
});
