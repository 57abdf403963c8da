import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountConfig } from '../../src/config/config.ts';
import type { OAuthConfig, OAuthGrant } from '../../src/config/oauth.ts';
import { RefreshToken } from '../../src/config/refresh-token.ts';
import { Secret } from '../../src/config/secret.ts';
import { isError } from '../../src/errors.ts';
import { oauthTokens } from '../../src/oauth/tokens.ts';
import type { AccessTokens } from '../../src/ports/tokens.ts';
import { startTokenEndpoint, type TokenEndpoint } from '../servers/token-endpoint.ts';

const alice = { server: 'main', account: 'alice' };
const bob = { server: 'main', account: 'bob' };

async function endpoint(t: TestContext, answer: TokenEndpoint['answer']): Promise<TokenEndpoint> {
  const server = await startTokenEndpoint(answer);
  t.after(() => server.stop());
  return server;
}

function directory(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tokens-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function configAt(url: string, grant: OAuthGrant, changes: Partial<OAuthConfig> = {}): OAuthConfig {
  return {
    provider: { kind: 'other', issuer: null, tokenUrl: url, deviceUrl: null, authorizeUrl: null },
    clientId: 'mothball',
    client: { kind: 'secret', secret: Secret.fromEnv('S', { S: 'cl1ent-secret' }), style: 'post' },
    grant,
    scope: '',
    ...changes,
  };
}

function accountsWith(config: (account: string) => OAuthConfig): readonly AccountConfig[] {
  return [alice, bob].map((ref) => ({
    ...ref,
    auth: { type: 'grant', user: ref.account, config: config(ref.account) },
    quotaBytes: null,
    source: null,
  }));
}

function tokensFor(
  config: (account: string) => OAuthConfig,
  now: () => Date = () => new Date(),
): AccessTokens {
  return oauthTokens(accountsWith(config), { clock: { now }, signal: new AbortController().signal });
}

const app = { kind: 'clientCredentials' } as const;

test('many accounts that ask at once cause one request, and the token is kept until shortly before its end', async (t) => {
  let count = 0;
  const server = await endpoint(t, async () => {
    await sleep(50);
    return { json: { access_token: `t${++count}`, token_type: 'Bearer', expires_in: 2 } };
  });
  const tokens = tokensFor(() => configAt(server.url, app));
  const all = await Promise.all([alice, bob, alice, bob].map((ref) => tokens.token(ref)));
  assert.deepEqual(all, ['t1', 't1', 't1', 't1']);
  assert.equal(await tokens.token(bob), 't1');
  await sleep(2_000);
  assert.equal(await tokens.token(bob), 't2');
  assert.equal(server.calls.length, 2);
});

test('a token that the mail server refused is replaced once, also when two sessions were refused it', async (t) => {
  let count = 0;
  const server = await endpoint(t, () => ({ json: { access_token: `t${++count}`, token_type: 'bearer' } }));
  const tokens = tokensFor(() => configAt(server.url, app));
  assert.equal(await tokens.token(alice), 't1');
  assert.deepEqual(await Promise.all([tokens.token(alice, 't1'), tokens.token(bob, 't1')]), ['t2', 't2']);
  assert.equal(await tokens.token(bob, 't1'), 't2');
});

test('a new refresh token is durable before the access token is used, and no old one is sent again', async (t) => {
  const file = join(directory(t), 'token');
  writeFileSync(file, 'r0', { mode: 0o600 });
  const server = await endpoint(t, ({ body }) => {
    const used = Number(body.get('refresh_token')?.slice(1));
    return { json: { access_token: `a${used}`, refresh_token: `r${used + 1}`, token_type: 'bearer' } };
  });
  const grant: OAuthGrant = { kind: 'refreshToken', token: RefreshToken.fromFile(file) };
  const tokens = tokensFor(() => configAt(server.url, grant));
  assert.equal(await tokens.token(alice), 'a0');
  assert.equal(readFileSync(file, 'utf8'), 'r1\n');
  assert.equal(await tokens.token(alice, 'a0'), 'a1');
  assert.equal(readFileSync(file, 'utf8'), 'r2\n');
});

test('a refresh waits for another process that refreshes the same token', async (t) => {
  const dir = directory(t);
  const file = join(dir, 'token');
  writeFileSync(file, 'r0', { mode: 0o600 });
  const source = new URL('../../src/config/token-lock.ts', import.meta.url).href;
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { locked } from '${source}'; import { writeFileSync } from 'node:fs';
       await locked('${file}', 1000, async () => { console.log('held'); await new Promise((r) => setTimeout(r, 700));
       writeFileSync('${file}', 'r7'); });`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const server = await endpoint(t, ({ body }) => ({
    json: { access_token: `by-${body.get('refresh_token')}`, token_type: 'bearer' },
  }));
  const grant: OAuthGrant = { kind: 'refreshToken', token: RefreshToken.fromFile(file) };
  assert.equal(await tokensFor(() => configAt(server.url, grant)).token(alice), 'by-r7');
});

test('a new refresh token that a command does not take is offered to it again, and not lost', async (t) => {
  const dir = directory(t);
  const file = join(dir, 'vault');
  writeFileSync(file, 'r0');
  const save = `test -e ${dir}/open || exit 3; cat > ${file}`;
  const token = RefreshToken.fromCommands(`cat ${file}`, save, {
    env: { PATH: process.env['PATH'] },
    cwd: dir,
  });
  const sent: string[] = [];
  const server = await endpoint(t, ({ body }) => {
    sent.push(body.get('refresh_token') ?? '');
    return { json: { access_token: 'a', refresh_token: `r${sent.length}`, token_type: 'bearer' } };
  });
  const tokens = tokensFor(() => configAt(server.url, { kind: 'refreshToken', token }));
  await assert.rejects(tokens.token(alice), /a new refresh token could not be kept: .*exit code 3/);
  writeFileSync(join(dir, 'open'), '');
  await tokens.token(alice);
  assert.deepEqual(sent, ['r0', 'r1']);
  assert.equal(readFileSync(file, 'utf8').trim(), 'r2');
});

test('a service account signs in the name of each user, also on a machine whose clock is wrong', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = join(directory(t), 'key.json');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(
    file,
    JSON.stringify({ client_email: 'robot@x.iam', private_key_id: 'k1', private_key: pem }),
    { mode: 0o600 },
  );
  const subjects: string[] = [];
  const server = await endpoint(t, ({ body }) => {
    const [head = '', claims = '', signature = ''] = (body.get('assertion') ?? '').split('.');
    assert.ok(
      verify('sha256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url')),
    );
    const { iss, sub, aud, scope, iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    assert.deepEqual([iss, aud, scope], ['robot@x.iam', server.url, 'https://mail.google.com/']);
    const now = Date.now() / 1000;
    if (iat > now || exp < now)
      return {
        status: 400,
        json: { error: 'invalid_grant', error_description: 'Invalid JWT: Token must be a short-lived token' },
      };
    subjects.push(sub);
    return { json: { access_token: `for-${sub}`, token_type: 'Bearer', expires_in: 3599 } };
  });
  const config = (subject: string): OAuthConfig => ({
    ...configAt(server.url, { kind: 'serviceAccount', account: Secret.fromFile(file), subject }),
    provider: { kind: 'google', issuer: null, tokenUrl: server.url, deviceUrl: null, authorizeUrl: null },
    client: { kind: 'public' },
    clientId: '',
    scope: 'https://mail.google.com/',
  });
  assert.equal(await tokensFor(config).token(alice), 'for-alice');
  const slow = tokensFor(config, () => new Date(Date.now() - 3 * 3600_000));
  assert.equal(await slow.token(bob), 'for-bob');
  assert.deepEqual(subjects, ['alice', 'bob']);
});

test('a certificate proves the application, with its SHA-256 and the token endpoint in the assertion', async (t) => {
  const dir = directory(t);
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const request = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mothball';
  execFileSync('openssl', [...request.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const printed = execFileSync('openssl', ['x509', '-in', cert, '-noout', '-fingerprint', '-sha256'], {
    encoding: 'utf8',
  });
  const print = Buffer.from(printed.replace(/^.*=/, '').replaceAll(':', '').trim(), 'hex').toString(
    'base64url',
  );
  const server = await endpoint(t, ({ body }) => {
    const [head = '', claims = ''] = (body.get('client_assertion') ?? '')
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString());
    assert.equal(JSON.parse(head)['x5t#S256'], print);
    assert.equal(JSON.parse(claims).aud, server.url);
    return { json: { access_token: 'a', token_type: 'Bearer' } };
  });
  const client = { kind: 'certificate', certFile: cert, privateKey: Secret.fromFile(key) } as const;
  assert.equal(await tokensFor(() => configAt(server.url, app, { client })).token(alice), 'a');
});

test('answers that make no sense, take too long or are too large are errors in words, without secrets', async (t) => {
  const cases: readonly (readonly [Awaited<ReturnType<TokenEndpoint['answer']>>, RegExp, boolean])[] = [
    [{ text: '<html>' }, /its answer makes no sense/, false],
    [{ status: 503, text: 'busy' }, /answered with status 503/, true],
    [{ status: 429, text: 'busy' }, /answered with status 429/, true],
    [{ status: 302, headers: { location: 'http://10.0.0.1/' } }, /its answer makes no sense/, false],
    [{ text: 'x'.repeat(300_000) }, /more than 262144 bytes/, true],
    [{ json: { access_token: 'a\nb', token_type: 'bearer' } }, /control characters/, false],
    [
      { status: 401, json: { error: 'invalid_client', error_description: 'wrong: cl1ent-secret \u001b[2J' } },
      /invalid_client: wrong: \[secret\] \\u\{1b\}/,
      false,
    ],
  ];
  for (const [answer, words, retryable] of cases) {
    const server = await endpoint(t, () => answer);
    await assert.rejects(tokensFor(() => configAt(server.url, app)).token(alice), (error) => {
      assert.ok(isError(error));
      assert.match(error.message, words);
      assert.match(error.message, /^main\/alice: /);
      assert.equal(error.retryable, retryable, error.message);
      assert.ok(!error.message.includes('cl1ent-secret'));
      return true;
    });
  }
});

test('a refusal is not asked for again at once, however many accounts share the credential', async (t) => {
  const server = await endpoint(t, () => ({ status: 400, json: { error: 'invalid_client' } }));
  const tokens = tokensFor(() => configAt(server.url, app));
  for (const ref of [alice, bob, alice])
    await assert.rejects(tokens.token(ref), /gives no token \(invalid_client\)/);
  assert.equal(server.calls.length, 1);
});

test('nothing but https is asked, except on loopback', async () => {
  for (const url of ['http://192.0.2.1/token', 'http://login.example.com/token']) {
    await assert.rejects(tokensFor(() => configAt(url, app)).token(alice), /is not https/);
  }
});
