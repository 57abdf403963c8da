import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { mailbox, note, type SeedMessage } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import type { PlanDocument, RunDocument } from '../integration/documents.ts';
import { assertExit, describe, makeSite, said, type Site } from '../integration/installation.ts';
import { assertExactlyGone, assertNothingLost, gone } from '../oracle/nothing-lost.ts';
import { oldestUntilUnder, selectByRule } from '../oracle/selection.ts';
import { snapshot, storageQuota } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

const limit = 60 * 1_000 * 1_024;
let dovecot: Dovecot;
let lazy: Dovecot;

before(async () => {
  [dovecot, lazy] = await Promise.all([
    startDovecot({ quotaBytes: limit }),
    startDovecot({ quotaBytes: limit, lazyExpunge: true }),
  ]);
});

after(() => Promise.all([dovecot.stop(), lazy.stop()]));

/** Mail up to a share of the quota, everything between these ages. */
function* fill(seed: number, percent: number, ages: { from: number; to: number }): Generator<SeedMessage> {
  let left = (limit * percent) / 100;
  for (const message of mailbox({ seed, count: 100_000, ages, folders: ['INBOX', 'Lists/News', 'Sent'] })) {
    if (message.raw.length > left) return;
    left -= message.raw.length;
    yield message;
  }
}

async function drainSite(server: Dovecot, user: string, floor: number): Promise<Site> {
  return makeSite({
    server: { port: server.port },
    users: [user],
    holds: [{ name: 'case', accounts: ['*'], match: { from: '*@rival.example' } }],
    policies: [
      {
        name: 'drain',
        mode: 'enforce',
        when: { quotaAbove: '90%' },
        drainTo: '75%',
        order: { by: 'oldest' },
        match: { olderThan: `${floor}d` },
        archive: { to: 'local' },
        delete: {},
      },
    ],
  });
}

test('a mailbox at 95 % is drained under 75 %, oldest first and not one message further', async (t) => {
  const user = 'full@example.com';
  await seedUser(dovecot, user, fill(7, 95, { from: 1, to: 900 }));
  const site = await drainSite(dovecot, user, 30);
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const { used } = await storageQuota(dovecot, user);
  assert.ok(used > 0.94 * limit, `${used} of ${limit}`);
  const free = selectByRule(full, { olderThanDays: 30, heldFrom: ['@rival.example'] }, new Date());
  const expected = oldestUntilUnder(free, used, 0.75 * limit);

  const { plans } = await site.json<PlanDocument>(['plan']);
  assert.equal(plans[0]?.messages, expected.length);
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.deepEqual(
    runs.map((run) => [run.archived.messages, run.deleted.messages, run.errors]),
    [[expected.length, expected.length, []]],
  );
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), expected);
  assert.ok((await storageQuota(dovecot, user)).used < 0.75 * limit);

  const again = await site.json<RunDocument>(['run', '--yes']);
  assert.ok(again.runs.every(({ archived, deleted }) => archived.messages === 0 && deleted.messages === 0));
});

test('below the threshold a drain does nothing', async (t) => {
  const user = 'half@example.com';
  await seedUser(dovecot, user, fill(8, 50, { from: 100, to: 900 }));
  const site = await drainSite(dovecot, user, 30);
  t.after(() => site.remove());
  const half = await snapshot(dovecot, user);
  assertExit(await site.run(['run', '--yes']), 0);
  assert.deepEqual(await snapshot(dovecot, user), half);
  assert.equal(site.archives().length, 0);
});

test('where the floor puts the target out of reach, the drain takes what it may and says what is missing', async (t) => {
  const user = 'young@example.com';
  const old = Array.from({ length: 10 }, (_, index) => note(`old ${index}`, 200 + index, { size: 100_000 }));
  await seedUser(dovecot, user, [...old, ...fill(9, 93, { from: 1, to: 20 })]);
  const site = await drainSite(dovecot, user, 30);
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const { used } = await storageQuota(dovecot, user);
  const free = selectByRule(full, { olderThanDays: 30, heldFrom: ['@rival.example'] }, new Date());
  const plan = await site.run(['plan']);
  assertExit(plan, 0);
  const missing = used - free.reduce((sum, one) => sum + one.size, 0) - 0.75 * limit;
  assert.match(said(plan), sizeNear(missing), describe(plan));
  const run = await site.run(['run', '--yes']);
  assert.match(said(run), sizeNear(missing), describe(run));
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), free);
});

/** The size in MiB or MB, as a person would be told it. */
function sizeNear(octets: number): RegExp {
  const spellings = [octets / 2 ** 20, octets / 1e6].flatMap((size) =>
    [-0.1, 0, 0.1].flatMap((step) => [(size + step).toFixed(1), (size + step).toFixed(0)]),
  );
  return new RegExp(`\\b(${spellings.map((text) => text.replace('.', '\\.')).join('|')})[\\d.]*\\s?Mi?B`);
}

test('when expunging frees nothing at once, the drain stops after one round, says so and exits 3', async (t) => {
  const user = 'lazy@example.com';
  await seedUser(lazy, user, fill(10, 95, { from: 60, to: 900 }));
  const site = await drainSite(lazy, user, 30);
  t.after(() => site.remove());
  const full = await snapshot(lazy, user);
  const { used } = await storageQuota(lazy, user);
  const free = selectByRule(full, { olderThanDays: 30, heldFrom: ['@rival.example'] }, new Date());
  const oneRound = oldestUntilUnder(free, used, 0.75 * limit);
  const run = await site.run(['run', '--yes']);
  assertExit(run, 3);
  assert.match(said(run), /quota/i);
  const drained = await snapshot(lazy, user);
  assertNothingLost(full, drained, site.archives(), oneRound);
  const taken = gone(full, drained).length;
  assert.ok(taken > 0 && taken <= oneRound.length);
});
