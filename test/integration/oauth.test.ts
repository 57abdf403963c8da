import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { appClient, type Oidc, startOidc } from '../servers/oidc.ts';
import type { RunDocument } from './documents.ts';
import { assertExit, describe, makeSite, policy, said, type Site } from './installation.ts';
import { byCode, oauthSite, type OAuthWish, signedInSite } from './oauth-site.ts';

const appUser = 'robot@example.com';
let directory: string;
let oidc: Oidc;
let dovecot: Dovecot;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'oauth-'));
  oidc = await startOidc({ appUser });
  const file = join(directory, 'oauth2.conf');
  await writeFile(file, oidc.dovecotSettings);
  chmodSync(directory, 0o755);
  dovecot = await startDovecot({ extraConfig: oidc.dovecotPassdb(file) });
});

after(async () => {
  await dovecot.stop();
  await oidc.stop();
  await rm(directory, { recursive: true, force: true });
});

const siteFor = (t: TestContext, user: string, wish: OAuthWish = {}): Promise<Site> =>
  oauthSite({ t, oidc, dovecot }, user, wish);
const signedIn = (t: TestContext, user: string, port?: number): Promise<Site> =>
  signedInSite({ t, oidc, dovecot }, user, port === undefined ? {} : { port });

const refreshes = (): number => oidc.requests.filter(({ grant }) => grant === 'refresh_token').length;

test('a person signs in with a code, and the account works from then on', async (t) => {
  const user = 'alice@example.com';
  const site = await siteFor(t, user);
  const unsigned = await site.run(['run', '--yes']);
  assertExit(unsigned, 1);
  assert.match(said(unsigned), /refresh token file .*alice@example\.com does not exist/);
  assert.match(said(unsigned), /mothball login alice@example\.com/);

  const signIn = site.runProcess(['login', user], {
    onStart: () => {
      void (async () => {
        // The code is on the page of the provider; here it is taken from what the provider was asked.
        for (;;) {
          await sleep(50);
          const code = await oidc.openCode();
          if (code !== null) return oidc.approve(code, user);
        }
      })();
    },
  });
  const result = await signIn;
  assertExit(result, 0);
  assert.match(result.stdout, /Open http:\/\/127\.0\.0\.1:\d+\/device on any device/);
  assert.match(result.stdout, /^ {2}[A-Z]{4}-[A-Z]{4}$/m);
  const file = join(site.dir, 'tokens', user);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const first = readFileSync(file, 'utf8');

  assertExit(await site.run(['accounts', '--test']), 0);
  const run = await site.run(['run', '--yes', '--json']);
  assertExit(run, 0);
  const { runs }: RunDocument = JSON.parse(run.stdout);
  assert.equal(runs[0]?.deleted.messages, 2);
  assert.equal((await snapshot(dovecot, user)).messages.length, 1);
  // The provider renews the refresh token at each use.
  assert.notEqual(readFileSync(file, 'utf8'), first);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(
    readdirSync(join(site.dir, 'tokens')).filter((name) => name.endsWith('.new')),
    [],
  );
  const text = said(result) + said(run);
  assert.ok(!text.includes(first.trim()) && !text.includes(readFileSync(file, 'utf8').trim()));
});

test('an application signs in by itself, and one token serves all of its accounts', async (t) => {
  const auth = {
    type: 'oauth2',
    grant: 'clientCredentials',
    tokenUrl: `${oidc.issuer}/token`,
    clientId: appClient.id,
    clientSecretFile: './client-secret',
  };
  const site = await siteFor(t, appUser, { auth });
  const asked = oidc.requests.length;
  await site.configure({
    server: { port: dovecot.port, auth: { ...auth, login: appUser } },
    accounts: [{ users: ['one', 'two', 'three'], server: 'main' }],
  });
  assertExit(await site.run(['accounts', '--test']), 0);
  assert.equal(oidc.requests.length - asked, 1);
});

test('a token that ends in the middle of a run is renewed when the connection is', async (t) => {
  const short = await startOidc({ accessSeconds: 1 });
  t.after(() => short.stop());
  const file = join(directory, 'short.conf');
  await writeFile(file, short.dovecotSettings);
  const server = await startDovecot({ extraConfig: short.dovecotPassdb(file) });
  t.after(() => server.stop());
  const user = 'carol@example.com';
  await seedUser(server, user, [note('old', 500), note('older', 700), note('young', 3)]);
  let cut = false;
  const proxy = await startProxy(server, {
    onCommand: async ({ name, rest }) => {
      if (cut || name !== 'UID FETCH' || !rest.includes('BODY.PEEK[]')) return 'pass';
      cut = true;
      await sleep(1_500);
      return 'cut';
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port, auth: { ...byCode, issuer: short.issuer } },
    accounts: [{ user, server: 'main' }],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  await mkdir(join(site.dir, 'tokens'));
  await writeFile(join(site.dir, 'tokens', user), await short.refreshToken(user), { mode: 0o600 });
  const run = await site.run(['run', '--yes', '--json']);
  assertExit(run, 0);
  assert.ok(cut, 'the connection was not cut');
  assert.ok(short.requests.length >= 2, 'no new token');
  assert.ok(short.requests.every(({ status }) => status === 200));
  const { runs }: RunDocument = JSON.parse(run.stdout);
  assert.equal(runs[0]?.deleted.messages, 2);
});

test('a sign-in that was revoked stops the account before a login, and says how to renew it', async (t) => {
  const user = 'dave@example.com';
  const site = await signedIn(t, user);
  assertExit(await site.run(['accounts', '--test']), 0);
  await oidc.revoke(user);
  const run = await site.run(['run', '--yes']);
  assertExit(run, 1);
  assert.match(said(run), /the provider gives no token \(invalid_grant/);
  assert.match(said(run), /Sign in again with `mothball login dave@example\.com`/);
  assert.equal((await snapshot(dovecot, user)).messages.length, 3);
});

test('an access token that the mail server refuses is renewed once', async (t) => {
  const user = 'erin@example.com';
  const proxy = await startProxy(dovecot);
  t.after(() => proxy.stop());
  const site = await signedIn(t, user, proxy.port);
  let logins = 0;
  proxy.rules = {
    onCommand: async ({ name, tag }) => {
      if (name !== 'AUTHENTICATE') return 'pass';
      logins += 1;
      return logins === 1 ? { reply: `${tag} NO [AUTHENTICATIONFAILED] it has ended\r\n` } : 'pass';
    },
  };
  const count = refreshes();
  assertExit(await site.run(['accounts', '--test']), 0);
  assert.deepEqual([logins, refreshes() - count], [2, 2]);
  logins = 0;
  proxy.rules = {
    onCommand: async ({ name, tag }) => {
      if (name !== 'AUTHENTICATE') return 'pass';
      logins += 1;
      return { reply: `${tag} NO [AUTHENTICATIONFAILED] no\r\n` };
    },
  };
  const refused = await site.run(['accounts', '--test', '--json']);
  assertExit(refused, 1);
  assert.equal(logins, 2, describe(refused));
  assert.match(refused.stdout, /the server refused the access token/);
});

test('a new refresh token that can not be kept is an error that names the file, before the request', async (t) => {
  const user = 'frank@example.com';
  // The name of the new file beside it would be too long, which stops root too.
  const name = 'f'.repeat(230);
  const auth = { ...byCode, issuer: oidc.issuer, refreshTokenFile: `./tokens/${name}` };
  const site = await siteFor(t, user, { auth });
  await writeFile(join(site.dir, 'tokens', name), await oidc.refreshToken(user), { mode: 0o600 });
  const count = refreshes();
  const run = await site.run(['accounts', '--test', '--json']);
  assertExit(run, 1);
  assert.match(run.stdout, /the refresh token file [^ ]*fff can't be replaced \(ENAMETOOLONG\)/);
  assert.equal(refreshes(), count);
});

test('a wrong tenant stops every login, and names the setting', async (t) => {
  const user = 'grace@example.com';
  const proxy = await startProxy(dovecot);
  t.after(() => proxy.stop());
  const site = await siteFor(t, user, {
    port: proxy.port,
    auth: {
      type: 'oauth2',
      grant: 'clientCredentials',
      provider: 'microsoft',
      tenant: 'contoso.example',
      // The answer is Microsoft's, word for word.
      tokenUrl: `${oidc.issuer}/token`,
      clientId: appClient.id,
      clientSecretFile: './client-secret',
    },
  });
  oidc.intercept = () => ({
    status: 400,
    body: JSON.stringify({
      error: 'invalid_request',
      error_description:
        "AADSTS90002: Tenant 'contoso.example' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Trace ID: 0 Correlation ID: 0 Timestamp: 2026-01-01 00:00:00Z",
      error_codes: [90002],
    }),
  });
  t.after(() => (oidc.intercept = null));
  const run = await site.run(['run', '--yes']);
  assertExit(run, 1);
  assert.match(said(run), /AADSTS90002/);
  assert.match(said(run), /Set tenant to the "Directory \(tenant\) ID"/);
  assert.doesNotMatch(said(run), /Trace ID/);
  assert.ok(!proxy.commands.some(({ name }) => name === 'AUTHENTICATE' || name === 'LOGIN'));
});
