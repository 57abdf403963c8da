/** A server whose sizes are estimates, as Exchange's are: how often mail is read, and what is said of it. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { assertExit, makeSite, policy, said } from './installation.ts';
import { subjects } from './subjects.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

test('mail of estimated sizes is read twice in all, kept with the reason, and goes once the policy allows it', async (t) => {
  const user = 'estimates@example.com';
  await seedUser(dovecot, user, [note('one', 500, { size: 2_000 }), note('two', 501), note('young', 1)]);
  const proxy = await startProxy(dovecot, {
    onResponse: ({ text, raw }) => {
      if (!/^\* \d+ FETCH /.test(text) || !/RFC822\.SIZE \d+/.test(text)) return 'pass';
      const sized = raw
        .toString('latin1')
        .replace(/RFC822\.SIZE (\d+)/, (_, size) => `RFC822.SIZE ${Number(size) + 7}`);
      return { replace: Buffer.from(sized, 'latin1') };
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port, profile: 'exchange' },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const reads = (): number =>
    proxy.commands.filter(({ name, rest }) => name === 'UID FETCH' && rest.includes('BODY.PEEK[]')).length;

  const accounts = await site.run(['accounts', '--test']);
  assertExit(accounts, 0);
  assert.match(accounts.stdout, /exchange \(mothball\.yaml says so\)/);
  assert.match(accounts.stderr, /^main: its sizes are estimates, .*trustBodyOverSize: true/m);

  // Both at once, then each by itself.
  await site.run(['run', '--yes']);
  assert.equal(reads(), 3);
  for (const _ of [1, 2]) {
    const again = await site.run(['run', '--yes']);
    assert.match(said(again), /the server got its size wrong \(trustBodyOverSize: true/);
  }
  assert.equal(reads(), 3);
  assert.deepEqual(subjects(await snapshot(dovecot, user)), ['one', 'two', 'young']);

  await site.configure({ policies: [policy('old', 365, { trustBodyOverSize: true })] });
  assertExit(await site.run(['run', '--yes']), 0);
  assert.deepEqual(subjects(await snapshot(dovecot, user)), ['young']);
});
