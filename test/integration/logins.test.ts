import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { RunDocument } from './documents.ts';
import { assertExit, makeSite, policy, said } from './installation.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const master = { type: 'master', user: 'admin', passwordFile: './master' };
const ways = [
  { name: 'password file over implicit TLS', tls: 'implicit', account: { passwordFile: './password' } },
  {
    name: 'password from the environment over STARTTLS',
    tls: 'starttls',
    account: { passwordEnv: 'MAIL_SECRET' },
  },
  {
    name: 'password from a command in plaintext',
    tls: 'none',
    account: { passwordCommand: 'cat ./password' },
  },
  { name: 'master user by separator', tls: 'implicit', account: { auth: { ...master, style: 'separator' } } },
  { name: 'master user by authzid', tls: 'starttls', account: { auth: { ...master, style: 'authzid' } } },
];

for (const [index, way] of ways.entries()) {
  test(`logs in and works with ${way.name}`, async (t) => {
    const user = `way${index}@example.com`;
    await seedUser(dovecot, user, [note('old', 500), note('young', 3)]);
    const port = way.tls === 'implicit' ? dovecot.tlsPort : dovecot.port;
    const caFile = way.tls === 'none' ? {} : { caFile: dovecot.caFile };
    const site = await makeSite({
      server: { port, host: '127.0.0.1', tls: way.tls, ...caFile },
      accounts: [{ user, server: 'main', ...way.account }],
      policies: [policy('old', 365)],
    });
    t.after(() => site.remove());
    await writeFile(join(site.dir, 'master'), 'master\n', { mode: 0o600 });
    const env = { MAIL_SECRET: 'secret' };
    assertExit(await site.run(['accounts', '--test'], { env }), 0);
    const run = await site.run(['run', '--yes', '--json'], { env });
    assertExit(run, 0);
    const { runs }: RunDocument = JSON.parse(run.stdout);
    assert.equal(runs[0]?.deleted.messages, 1);
    assert.equal((await snapshot(dovecot, user)).messages.length, 1);
  });
}

test('when STARTTLS is stripped, no login is sent', async (t) => {
  const proxy = await startProxy(dovecot, {
    onResponse: ({ raw }) => ({ replace: raw.toString('latin1').replaceAll(/ ?STARTTLS/gi, '') }),
    onCommand: ({ name, tag }) =>
      name === 'STARTTLS' ? { reply: `${tag} BAD unknown command\r\n` } : 'pass',
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port, tls: 'starttls', caFile: dovecot.caFile },
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const run = await site.run(['run', '--yes']);
  assertExit(run, 1);
  assert.match(said(run), /STARTTLS/i);
  assertNoLogin(proxy.commands);
});

test('a server that greets with PREAUTH is refused', async (t) => {
  const proxy = await startProxy(dovecot, {
    onResponse: ({ text, raw }) =>
      text.startsWith('* OK') ? { replace: '* PREAUTH welcome\r\n' } : { replace: raw },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({ server: { port: proxy.port }, policies: [policy('old', 365)] });
  t.after(() => site.remove());
  const run = await site.run(['run', '--yes']);
  assertExit(run, 1);
  assert.match(said(run), /PREAUTH/i);
  assert.ok(!proxy.commands.some(({ name }) => name === 'SELECT' || name === 'EXAMINE'));
});

function assertNoLogin(commands: readonly { readonly name: string; readonly text: string }[]): void {
  assert.ok(!commands.some(({ name }) => name === 'LOGIN' || name === 'AUTHENTICATE'));
  assert.ok(!commands.some(({ text }) => text.includes('secret')));
}
