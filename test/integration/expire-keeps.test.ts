import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { openLocks } from '../../src/catalog/locks.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { clockOffBy } from '../fault/off-by.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { keyPair, makeEncryptedSite } from './encrypted-site.ts';
import { assertExit, makeSite, said } from './installation.ts';
import { archived, later, retaining } from './retaining-site.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

test('a policy that is gone, has no retain or only plans keeps its archives', async (t) => {
  const site = await archived(t, dovecot, 'kept@example.com', ['INBOX']);
  const { retain: _, ...forever } = retaining;
  for (const [changed, reason] of [
    [{ ...retaining, name: 'another' }, 'its policy old is gone'],
    [forever, 'its policy old has no retain'],
    [{ ...retaining, mode: 'plan' }, 'its policy old is in plan mode'],
    [{ ...retaining, timezone: 'Europe/Warsaw', retain: '2mo' }, 'younger than retain 2mo'],
  ] as const) {
    await site.configure({ policies: [changed] });
    const run = await site.run(['expire', '--yes', '--lift-limits'], later);
    assertExit(run, 0);
    assert.match(run.stdout, new RegExp(`kept: 1 archive \\(${reason}\\)`));
    assert.equal(site.archives().length, 1);
  }
});

test('mail under a hold keeps its whole archive, also when its manifest can not decide', async (t) => {
  const hold = { name: 'case-4711', match: { from: 'ada@example.org' } };
  const elsewhere = { ...hold, accounts: ['nobody'] };
  const site = await archived(t, dovecot, 'held@example.com', ['INBOX'], { holds: [elsewhere] });
  const expire = ['expire', '--yes', '--lift-limits'];
  await site.configure({ holds: [hold] });
  const held = await site.run(expire, later);
  assert.match(held.stdout, /kept: 1 archive \(held by case-4711\)/);
  await site.configure({ holds: [{ name: 'new', match: { header: { 'x-case': '4711' } } }] });
  const undecided = await site.run(expire, later);
  assert.match(undecided.stdout, /held by new, which its manifest can't decide \(header x-case unknown\)/);
  assert.equal(site.archives().length, 1);
  await site.configure({ holds: [elsewhere] });
  assertExit(await site.run(expire, later), 0);
  assert.equal(site.archives().length, 0);
});

test('a hold keeps an encrypted archive that nobody can look into, unless an identity tells otherwise', async (t) => {
  const keys = keyPair();
  t.after(() => keys.remove());
  const user = 'sealed@example.com';
  await seedUser(dovecot, user, [note('one', 500), note('two', 600)]);
  const { delete: _, ...keeping } = retaining;
  const hold = { name: 'case', match: { header: { 'list-id': 'x' } } };
  const site = await makeEncryptedSite(
    { server: { port: dovecot.port }, users: [user], policies: [keeping], holds: [hold] },
    keys,
  );
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  const expire = ['expire', '--yes', '--lift-limits'];
  const held = await site.run(expire, later);
  assert.match(held.stdout, /kept: 1 archive \(held by case.*, as far as can be known without --identity\)/);
  assert.equal(site.archives().length, 1);
  assertExit(await site.run([...expire, '--identity', keys.identity], later), 0);
  assert.equal(site.archives().length, 0);
});

test('mail that waits for its purge keeps its archive', async (t) => {
  const patient = { ...retaining, delete: { after: '60d' } };
  const site = await archived(t, dovecot, 'waits@example.com', ['INBOX'], { policies: [patient] });
  const run = await site.run(['expire', '--yes', '--lift-limits'], later);
  assert.match(run.stdout, /kept: 1 archive \(mail waits for its purge\)/);
  assert.equal(site.archives().length, 1);
});

test('an implausible clock removes nothing', async (t) => {
  const site = await archived(t, dovecot, 'clock@example.com', ['INBOX']);
  for (const days of [-3, 3_650]) {
    for (const args of [['--dry-run'], ['--yes', '--lift-limits']]) {
      const refused = await site.run(['expire', ...args], { clock: clockOffBy(days) });
      assertExit(refused, 1);
      assert.match(said(refused), /the clock of this machine/);
    }
  }
  assert.equal(site.archives().length, 1);
});

test('a store that was replaced, or never used, loses nothing', async (t) => {
  const site = await archived(t, dovecot, 'lost@example.com', ['INBOX']);
  await site.removeDatabase();
  assertExit(await site.run(['expire', '--yes', '--orphans']), 1);
  const fresh = await makeSite({ server: { port: dovecot.port }, policies: [retaining] });
  t.after(() => fresh.remove());
  assertExit(await fresh.run(['expire', '--dry-run']), 0);
  assert.equal(site.archives().length, 1);
});

test('a store or an account that another mothball works on is left alone, exit 11', async (t) => {
  const user = 'locked@example.com';
  const site = await archived(t, dovecot, user, ['INBOX']);
  const locks = openLocks(`${site.database}.locks`);
  const taken = [() => locks.store('local'), () => locks.account({ server: 'main', account: user })];
  for (const take of taken) {
    const lock = await take();
    assert.ok(lock !== null);
    for (const args of [['--lift-limits'], ['--account', user, '--reason', 'left']]) {
      const run = await site.run(['expire', '--yes', ...args], later);
      assertExit(run, 11);
      assert.match(said(run), /is locked by another mothball process/);
    }
    assert.equal(site.archives().length, 1);
    await lock[Symbol.asyncDispose]();
  }
  assertExit(await site.run(['expire', '--yes', '--lift-limits'], later), 0);
});
