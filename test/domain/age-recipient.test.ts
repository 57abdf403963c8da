import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { recipientFault } from '../../src/domain/age-recipient.ts';

function keyPair(): { readonly secret: string; readonly recipient: string } {
  const text = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const secret = /AGE-SECRET-KEY-\S+/.exec(text)?.[0] ?? '';
  const recipient = /age1\S+/.exec(text)?.[0] ?? '';
  return { secret, recipient };
}

test('what age-keygen calls a public key is a recipient', () => {
  for (let count = 0; count < 20; count += 1) assert.equal(recipientFault(keyPair().recipient), null);
});

test('one wrong letter anywhere is noticed', () => {
  const { recipient } = keyPair();
  for (let at = 4; at < recipient.length; at += 1) {
    const other = recipient[at] === 'q' ? 'p' : 'q';
    assert.match(recipientFault(recipient.slice(0, at) + other + recipient.slice(at + 1)) ?? '', /letter/);
  }
  assert.match(recipientFault(recipient.slice(0, -1)) ?? '', /letter/);
});

test('a secret key is refused without being repeated, and so is anything else', () => {
  const { secret } = keyPair();
  for (const text of [secret, secret.toLowerCase()]) {
    const fault = recipientFault(text);
    assert.match(fault ?? '', /holds a secret key/);
    assert.ok(!fault?.toLowerCase().includes(secret.slice(20, 40).toLowerCase()));
  }
  for (const text of ['', 'age1', 'hunter2', 'AGE1QQ', 'ssh-ed25519 AAAA', ' age1qq'])
    assert.match(recipientFault(text) ?? '', /age/, text);
});
