/** Access tokens that come from elsewhere. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import type { Hook } from '../servers/scripted-types.ts';
import { withServer } from './scripted.ts';
import { login } from './sessions.ts';

const capabilities = 'IMAP4rev1 UIDPLUS SASL-IR AUTH=XOAUTH2';

function tokenFile(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'token-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'token');
  writeFileSync(file, 'first', { mode: 0o600 });
  return file;
}

/** Takes only the token `second`, and calls back before it refuses another. */
function onlySecond(seen: string[], refusing: () => void = () => undefined): Hook {
  return (exchange) => {
    const sent = Buffer.from(String(exchange.args[1]), 'base64').toString();
    // eslint-disable-next-line no-control-regex
    const token = /auth=Bearer (\S+?)\u0001/.exec(sent)?.[1] ?? '';
    seen.push(token);
    if (token === 'second') return exchange.ok();
    refusing();
    return exchange.no('[AUTHENTICATIONFAILED] the token has ended');
  };
}

test('a token file that was replaced while the login went out is read again after the refusal', async (t) => {
  const file = tokenFile(t);
  const seen: string[] = [];
  const hooks = { AUTHENTICATE: onlySecond(seen, () => writeFileSync(file, 'second')) };
  await withServer({ capabilities, hooks }, async ({ port }) => {
    const auth = { type: 'oauth2', user: 'bob', token: Secret.fromFile(file) } as const;
    await using session = await login(port, 'bob', {}, auth);
    assert.equal((await session.examine('INBOX')).messages, 0);
    assert.deepEqual(seen, ['first', 'second']);
  });
});

test('the same token is not sent a second time, and the message does not speak of a password', async (t) => {
  const seen: string[] = [];
  const hooks = { AUTHENTICATE: onlySecond(seen) };
  await withServer({ capabilities, hooks }, async ({ port }) => {
    const auth = { type: 'oauth2', user: 'bob', token: Secret.fromFile(tokenFile(t)) } as const;
    await assert.rejects(login(port, 'bob', { connectAttempts: 3 }, auth), (error: Error) => {
      assert.match(error.message, /refused the access token \(AUTHENTICATIONFAILED: the token has ended\)/);
      assert.doesNotMatch(error.message, /password|first/);
      return true;
    });
    assert.deepEqual(seen, ['first']);
  });
});
