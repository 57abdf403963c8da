import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { ServerConfig } from '../../src/config/config.ts';
import { MothballError } from '../../src/errors.ts';
import { imapMail } from '../../src/imap/mail.ts';
import type { MailSession } from '../../src/ports/mail.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { RawImap } from '../servers/raw-imap.ts';
import { accountOf, login, secret, serverAt } from './sessions.ts';

let dovecot: Dovecot;
before(async () => {
  dovecot = await startDovecot();
  const raw = await RawImap.login(dovecot.port, 'bob');
  await raw.append('INBOX', [{ body: 'Subject: of bob\r\n\r\n' }]);
  raw.close();
});
after(() => dovecot.stop());

async function messagesOf(session: MailSession): Promise<number> {
  await using open = session;
  return (await open.examine('INBOX')).messages;
}

const master = {
  type: 'master',
  user: 'bob',
  master: 'admin',
  password: secret('master'),
  separator: '*',
} as const;

test('implicit TLS and STARTTLS work with the CA given', async () => {
  const trusted = { caFile: dovecot.caFile };
  assert.equal(await messagesOf(await login(dovecot.tlsPort, 'bob', { ...trusted, tls: 'implicit' })), 1);
  assert.equal(await messagesOf(await login(dovecot.port, 'bob', { ...trusted, tls: 'starttls' })), 1);
});

test('a certificate that is not trusted, or of another name, stops before the login and says how to trust it', async () => {
  const cases: readonly (readonly [number, Partial<ServerConfig>])[] = [
    [dovecot.tlsPort, { tls: 'implicit' }],
    [dovecot.port, { tls: 'starttls' }],
    [dovecot.tlsPort, { tls: 'implicit', caFile: dovecot.caFile, host: '127.0.0.2' }],
  ];
  for (const [port, changes] of cases) {
    await assert.rejects(login(port, 'bob', changes), (error) => {
      assert.ok(error instanceof MothballError);
      // Dovecot listens on 127.0.0.1 alone where the system does not route all of 127/8 to it.
      assert.match(error.message, /caFile|connection refused/);
      return true;
    });
  }
});

test('TLS on a port without it, and a caFile that is none, say what to check', async () => {
  await assert.rejects(login(dovecot.port, 'bob', { tls: 'implicit' }), /Check that tls fits the port/);
  const caFile = `${dovecot.dir}/dovecot.conf`;
  await assert.rejects(
    login(dovecot.tlsPort, 'bob', { tls: 'implicit', caFile }),
    /holds no PEM certificate/,
  );
  await assert.rejects(login(dovecot.tlsPort, 'bob', { tls: 'implicit', caFile: '/nowhere' }), /ENOENT/);
});

test('a wrong password is an auth error', async () => {
  const wrong = { type: 'password', user: 'bob', password: secret('wr0ng') } as const;
  await assert.rejects(login(dovecot.port, 'bob', { connectAttempts: 3 }, wrong), (error) => {
    assert.ok(error instanceof MothballError);
    assert.equal(error.code, 'auth');
    assert.ok(!error.retryable && !error.message.includes('wr0ng'));
    return true;
  });
});

test('a master user opens the account of the user, by separator and by authzid', async () => {
  for (const style of ['separator', 'authzid'] as const) {
    assert.equal(await messagesOf(await login(dovecot.port, 'bob', {}, { ...master, style })), 1, style);
    const other = { ...master, user: 'eve', style };
    assert.equal(await messagesOf(await login(dovecot.port, 'eve', {}, other)), 0, style);
  }
});

test('extensions that a server hides are not used', async () => {
  const plain = await startDovecot({ shareMailOf: dovecot, capability: 'IMAP4rev1 IDLE' });
  try {
    await using session = await login(plain.port);
    const { uidplus, move, condstore, quota, statusSize } = session.capabilities;
    assert.deepEqual([uidplus, move, condstore, quota, statusSize], [false, false, false, false, false]);
    assert.deepEqual(await session.size('INBOX'), { messages: 1, bytes: 19 });
    assert.ok((await session.folders()).some(({ path }) => path === 'Trash'));
  } finally {
    await plain.stop();
  }
});

test('accounts are opened by their names in the configuration', async () => {
  const mail = imapMail(new Map([['test', serverAt(dovecot.port)]]), [accountOf('bob')]);
  assert.equal(await messagesOf(await mail.open({ server: 'test', account: 'bob' })), 1);
  await assert.rejects(mail.open({ server: 'test', account: 'ann' }), /not in mothball.yaml/);
});
