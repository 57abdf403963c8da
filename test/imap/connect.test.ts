import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { type ErrorCode, MothballError } from '../../src/errors.ts';
import { openSession } from '../../src/imap/mail.ts';
import { freePort } from '../servers/free-port.ts';
import type { Hook } from '../servers/scripted-imap.ts';
import { withServer } from './scripted.ts';
import { accountOf, login, secret, serverAt } from './sessions.ts';

const canary = 'c4nary-pa55word';
const auth = { type: 'password', user: 'bob', password: secret(canary) } as const;

/** Fails with this code, in words that hold what is expected and never the password. */
function fails(code: ErrorCode, words: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof MothballError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    assert.ok(!error.message.includes(canary));
    return true;
  };
}

function logins(log: readonly string[]): number {
  return log.filter((line) => /^(?:LOGIN|AUTHENTICATE)/.test(line)).length;
}

test('PREAUTH is refused, with or without TLS asked for, and nothing at all is sent', async () => {
  for (const tls of ['none', 'starttls'] as const) {
    await withServer({ greeting: '* PREAUTH [CAPABILITY IMAP4rev1] hello' }, async (server) => {
      await assert.rejects(login(server.port, 'bob', { tls }, auth), fails('refused', /PREAUTH/));
      assert.deepEqual(server.log, []);
    });
  }
});

test('STARTTLS stripped or refused: no login is sent', async () => {
  const refuse: Hook = ({ no }) => no('not today');
  const offers = ['IMAP4rev1 AUTH=PLAIN', 'IMAP4rev1 AUTH=PLAIN STARTTLS'];
  for (const capabilities of offers) {
    await withServer({ capabilities, hooks: { STARTTLS: refuse } }, async (server) => {
      await assert.rejects(
        login(server.port, 'bob', { tls: 'starttls' }, auth),
        fails('connect', /STARTTLS/),
      );
      assert.equal(logins(server.log), 0);
    });
  }
});

test('a refused login is final: one attempt, whatever connectAttempts says', async () => {
  const hooks: Record<string, Hook> = {
    LOGIN: ({ no }) => no('[AUTHENTICATIONFAILED] go\x07away\u001b[31m'),
  };
  await withServer({ capabilities: 'IMAP4rev1', hooks }, async (server) => {
    const attempt = login(server.port, 'bob', { connectAttempts: 5 }, auth);
    await assert.rejects(attempt, fails('auth', /refused the user name or password/));
    assert.equal(logins(server.log), 1);
    assert.equal(server.connections, 1);
  });
});

test('a password is nowhere in the error of a refused login, causes included', async () => {
  const encoded = Buffer.from(`\0bob\0${canary}`).toString('base64');
  for (const capabilities of ['IMAP4rev1', 'IMAP4rev1 AUTH=PLAIN']) {
    const refuse: Hook = ({ no }) => no('[AUTHENTICATIONFAILED] no');
    await withServer({ capabilities, hooks: { LOGIN: refuse, AUTHENTICATE: refuse } }, async (server) => {
      await assert.rejects(login(server.port, 'bob', {}, auth), (error) => {
        const text = inspect(error, { depth: 20, showHidden: true });
        assert.match(text, /AUTHENTICATIONFAILED/);
        assert.ok(!text.includes(canary) && !text.includes(encoded), text);
        return true;
      });
    });
  }
});

test('server text in an error is escaped and cut', async () => {
  const hooks: Record<string, Hook> = { SELECT: ({ no }) => no(`bad\x1b[31m\x07${'x'.repeat(500)}`) };
  await withServer({ hooks }, async (server) => {
    await using session = await login(server.port);
    await assert.rejects(session.select('INBOX'), (error) => {
      assert.ok(error instanceof MothballError);
      assert.doesNotMatch(error.message, /\p{Cc}/u);
      assert.ok(error.message.length < 400);
      return true;
    });
  });
});

test('a server that is not there is tried again as often as configured, then told', async () => {
  const port = await freePort();
  const told: string[] = [];
  const server = serverAt(port, { connectAttempts: 2 });
  const opening = openSession(server, accountOf('bob'), { log: (line) => told.push(line) });
  await assert.rejects(opening, fails('connect', /can't connect to .*: connection refused/));
  assert.equal(told.length, 1);
});

test('an unknown host name is told as such', async () => {
  const opening = login(1, 'bob', { host: 'no-such-host.invalid' });
  await assert.rejects(opening, (error) => error instanceof MothballError && error.code === 'connect');
});

test('a server that never greets, or hangs at the login, ends at a deadline', async () => {
  const silent: Hook = () => undefined;
  await withServer({ hooks: { CAPABILITY: silent } }, async (server) => {
    const opening = login(server.port, 'bob', { connectTimeoutMs: 60 });
    await assert.rejects(opening, fails('timeout', /did not finish the login/));
  });
});

test('authzid is never given up: without AUTH=PLAIN nobody is logged in', async () => {
  const master = {
    type: 'master',
    user: 'bob',
    master: 'root/admin',
    password: secret(canary),
    style: 'authzid',
    separator: '*',
  } as const;
  await withServer({ capabilities: 'IMAP4rev1' }, async (server) => {
    await assert.rejects(login(server.port, 'bob', {}, master), fails('refused', /AUTH=PLAIN/));
    assert.equal(logins(server.log), 0);
  });
  await withServer({ capabilities: 'IMAP4rev1 AUTH=LOGIN AUTH=PLAIN' }, async (server) => {
    await using session = await login(server.port, 'bob', {}, master);
    assert.equal(session.capabilities.uidplus, false);
    assert.deepEqual(
      server.log.filter((line) => /LOGIN|AUTH/.test(line)),
      ['AUTHENTICATE PLAIN'],
    );
  });
});

test('a command that is never answered ends at its own deadline, and the session is dead', async () => {
  await withServer({ hooks: { SELECT: () => undefined } }, async (server) => {
    await using session = await login(server.port, 'bob', { commandTimeoutMs: 80 });
    await assert.rejects(session.select('INBOX'), fails('timeout', /no answer to SELECT for 80 ms/));
    await assert.rejects(session.examine('INBOX'), fails('timeout', /SELECT/));
  });
});

test('a slow answer is waited for as long as octets come', async () => {
  const drip: Hook = (exchange) => {
    let left = 6;
    const timer = setInterval(() => {
      exchange.line('OK still here');
      if (--left > 0) return;
      clearInterval(timer);
      exchange.answer();
    }, 40);
  };
  await withServer({ hooks: { 'UID SEARCH': drip } }, async (server) => {
    await using session = await login(server.port, 'bob', { commandTimeoutMs: 100 });
    await session.examine('INBOX');
    assert.deepEqual(await session.search([]), []);
  });
});

test('BYE in the middle of a session is a lost connection', async () => {
  const bye: Hook = (exchange) => {
    exchange.line('BYE shutting down');
    exchange.cut();
  };
  await withServer({ hooks: { SELECT: bye } }, async (server) => {
    await using session = await login(server.port);
    await assert.rejects(session.select('INBOX'), fails('connect', /shutting down/));
  });
});
