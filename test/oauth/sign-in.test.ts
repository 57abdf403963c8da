import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import type { AccountConfig } from '../../src/config/config.ts';
import { RefreshToken } from '../../src/config/refresh-token.ts';
import { oauthTokens } from '../../src/oauth/tokens.ts';
import type { AccessTokens, SignInStep } from '../../src/ports/tokens.ts';
import { browse } from '../servers/browser.ts';
import { deviceClient, type Oidc, startOidc } from '../servers/oidc.ts';

let oidc: Oidc;
before(async () => {
  oidc = await startOidc();
});
after(() => oidc.stop());

const alice = { server: 'main', account: 'alice' };

function signingIn(
  t: TestContext,
  issuer = oidc.issuer,
): { readonly tokens: AccessTokens; readonly file: string } {
  const dir = mkdtempSync(join(tmpdir(), 'sign-in-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'token');
  const account: AccountConfig = {
    ...alice,
    quotaBytes: null,
    source: null,
    auth: {
      type: 'grant',
      user: 'alice',
      config: {
        provider: { kind: 'other', issuer, tokenUrl: null, deviceUrl: null, authorizeUrl: null },
        clientId: deviceClient.id,
        client: { kind: 'public' },
        grant: { kind: 'refreshToken', token: RefreshToken.fromFile(file) },
        scope: 'openid offline_access',
      },
    },
  };
  const clock = { now: () => new Date() };
  return { tokens: oauthTokens([account], { clock, signal: new AbortController().signal }), file };
}

test('a browser on this machine brings the sign-in back to a port on loopback', async (t) => {
  const { tokens, file } = signingIn(t);
  const pages: Promise<string>[] = [];
  const show = (step: SignInStep): void => {
    assert.equal(step.kind, 'browser');
    const url = new URL(step.url);
    assert.match(url.searchParams.get('redirect_uri') ?? '', /^http:\/\/127\.0\.0\.1:\d+\/$/);
    assert.equal(url.searchParams.get('code_challenge_method'), 'S256');
    const redirect = url.searchParams.get('redirect_uri') ?? '';
    pages.push(
      (async () => {
        // Someone else's request, and one with another state, are no answer.
        assert.equal((await fetch(`${redirect}?code=stolen&state=wrong`)).status, 404);
        return browse(step.url, 'alice');
      })(),
    );
  };
  assert.match(await tokens.signIn(alice, { way: 'browser', show }), /the refresh token file /);
  assert.match((await Promise.all(pages)).join(), /You can close this page/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const first = readFileSync(file, 'utf8');
  await tokens.token(alice);
  assert.notEqual(readFileSync(file, 'utf8'), first);
});

test('a person who refuses the code is an error in words, and nothing is kept', async (t) => {
  const { tokens, file } = signingIn(t);
  const show = (step: SignInStep): void => {
    if (step.kind === 'code') void oidc.refuse(step.code);
  };
  await assert.rejects(tokens.signIn(alice, { way: null, show }), /access_denied.*refused/);
  assert.throws(() => statSync(file), { code: 'ENOENT' });
});

test('metadata that name another issuer than the one asked are refused', async (t) => {
  const { tokens } = signingIn(t, oidc.issuer.replace('127.0.0.1', 'localhost'));
  await assert.rejects(tokens.token(alice), /does not exist/);
  await assert.rejects(
    tokens.signIn(alice, { way: null, show: () => assert.fail('nothing to show') }),
    /its answer makes no sense/,
  );
});
