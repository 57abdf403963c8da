/** Sign-ins of owners, checked by a real mail server. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { inspect } from 'node:util';
import type { Auth, ServerConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/config/secret.ts';
import { imapOwnerLogins } from '../../src/imap/owner-logins.ts';
import type { OwnerLogins } from '../../src/ports/owner-logins.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { freePort } from '../servers/free-port.ts';
import { withServer } from './scripted.ts';
import { accountOf, secret, serverAt } from './sessions.ts';

let dovecot: Dovecot;
before(async () => {
  dovecot = await startDovecot();
});
after(() => dovecot.stop());

const bob = { server: 'test', account: 'bob' };

function loginsAt(port: number, auth?: Auth, changes: Partial<ServerConfig> = {}): OwnerLogins {
  const servers = new Map([['test', serverAt(port, changes)]]);
  return imapOwnerLogins(servers, [accountOf('bob', auth)], (text) => Secret.fromText(text, 'a test'));
}

const master = {
  type: 'master',
  user: 'bob',
  master: 'admin',
  password: secret('master'),
  separator: '*',
} as const;

test("the mailbox's own password is accepted, also where Mothball itself uses a master user", async () => {
  for (const auth of [
    undefined,
    { ...master, style: 'separator' },
    { ...master, style: 'authzid' },
  ] as const) {
    const logins = loginsAt(dovecot.port, auth);
    assert.equal(await logins.check(bob, 'secret'), 'accepted');
    assert.equal(await logins.check(bob, 'wrong'), 'refused');
    assert.equal(await logins.check(bob, 'master'), 'refused', 'the password of the master user');
  }
});

test('no other account, no empty password and no second line is sent to a server', async () => {
  await withServer({}, async ({ port, log }) => {
    const logins = loginsAt(port);
    for (const account of ['bob*admin', 'BOB', 'carol', ''])
      assert.equal(await logins.check({ server: 'test', account }, 'secret'), 'refused');
    assert.equal(await logins.check({ server: 'other', account: 'bob' }, 'secret'), 'refused');
    for (const password of ['', 'x\r\nA1 DELETE INBOX', 'x\ny', 'x\0y'])
      assert.equal(await logins.check(bob, password), 'refused');
    assert.deepEqual(log, []);
    assert.equal(logins.wayOf({ server: 'test', account: 'BOB' }), null);
  });
});

test('where tokens are used there is no password to check', async () => {
  const logins = loginsAt(1, { type: 'oauth2', user: 'bob', token: secret('token') });
  assert.deepEqual(logins.wayOf(bob), { kind: 'noPassword' });
  assert.equal(await logins.check(bob, 'token'), 'refused');
});

test("a login that is not the owner's is never tried with what a visitor typed", async () => {
  await withServer({}, async ({ port, log }) => {
    for (const user of ['EXAMPLE/mothball/bob', 'bob*admin', 'mothball', 'BOB', '']) {
      const logins = loginsAt(port, { type: 'password', user, password: secret('service') });
      assert.deepEqual(logins.wayOf(bob), { kind: 'noPassword' }, user);
      assert.equal(await logins.check(bob, 'guess'), 'refused');
    }
    assert.deepEqual(log, []);
  });
});

test('the password of a master user opens no archive where the login is a template', async () => {
  const template: Auth = { type: 'password', user: 'bob*admin', password: secret('master') };
  assert.equal(await loginsAt(dovecot.port, template).check(bob, 'master'), 'refused');
});

test("the part of the name before the @ is the owner's own login too", async () => {
  const account = { ...accountOf('bob'), account: 'bob@example.com' };
  const servers = new Map([['test', serverAt(dovecot.port)]]);
  const logins = imapOwnerLogins(servers, [account], (text) => Secret.fromText(text, 'a test'));
  assert.equal(await logins.check({ server: 'test', account: 'bob@example.com' }, 'secret'), 'accepted');
});

test('another server or user behind the name is another place', () => {
  const place = (port: number, auth?: Auth): string => {
    const way = loginsAt(port, auth).wayOf(bob);
    return way?.kind === 'password' ? way.place : assert.fail();
  };
  assert.equal(place(1), place(1));
  assert.notEqual(place(1), place(2));
});

test('a server that is down, silent or busy is unavailable, which is no verdict', async () => {
  assert.equal(await loginsAt(await freePort()).check(bob, 'secret'), 'unavailable');
  const untrusted = loginsAt(dovecot.tlsPort, undefined, { tls: 'implicit' });
  assert.equal(await untrusted.check(bob, 'secret'), 'unavailable');
});

test('a password prints nowhere, whatever the server says of it', async () => {
  const password = 'hunter2-canary';
  const answer = await loginsAt(dovecot.port).check(bob, password);
  assert.equal(answer, 'refused');
  assert.doesNotMatch(inspect(Secret.fromText(password, 'a test'), { depth: 9 }), /canary/);
});
