import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { oddMail } from '../corpus/seed.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { startProxy } from './imap-proxy.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

test('the proxy is transparent: every oddity goes up and comes back unchanged', async (t) => {
  const proxy = await startProxy(dovecot);
  t.after(() => proxy.stop());
  await seedByAppend(proxy, 'alice', oddMail('Odd', 500));
  assert.deepEqual(await snapshot(proxy, 'alice'), await snapshot(dovecot, 'alice'));
  assert.equal(proxy.commands.filter(({ name }) => name === 'APPEND').length, oddMail('Odd', 1).length);
});

test('the proxy cuts in the middle of a literal', async (t) => {
  await seedByAppend(dovecot, 'bob', [note('long', 3, { size: 5_000 })]);
  const proxy = await startProxy(dovecot, {
    onResponse: ({ literals, raw }) => (literals.length > 0 ? { cutAfter: raw.length - 100 } : 'pass'),
  });
  t.after(() => proxy.stop());
  await assert.rejects(snapshot(proxy, 'bob'), /broke/);
});

test('the proxy swallows, answers for the server, and rewrites', async (t) => {
  const proxy = await startProxy(dovecot, {
    onCommand: ({ name, tag }) =>
      name === 'LIST' ? { reply: `* LIST () "/" INBOX\r\n${tag} OK mine\r\n` } : 'pass',
    onResponse: ({ raw, text }) =>
      text.includes('UIDVALIDITY')
        ? { replace: raw.toString('latin1').replace(/UIDVALIDITY \d+/, 'UIDVALIDITY 7') }
        : 'pass',
  });
  t.after(() => proxy.stop());
  await seedByAppend(dovecot, 'carol', [note('one', 3)]);
  const seen = await snapshot(proxy, 'carol');
  assert.deepEqual(seen.folders, ['INBOX']);
  assert.equal(seen.messages[0]?.uidValidity, 7);
});
