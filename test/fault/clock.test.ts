import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, makeSite, policy, said } from '../integration/installation.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { clockOffBy, processOffBy } from './off-by.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

test('a clock ten years behind is refused, on the first run and later', async (t) => {
  const user = 'behind@example.com';
  await seedUser(dovecot, user, [note('ancient', 8_000), note('old', 500), note('young', 3)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { delete: { after: '7d' } })],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const first = await site.runProcess(['run', '--yes'], { env: processOffBy(-3_650) });
  assertExit(first, 1);
  assert.match(said(first), /clock/);
  assert.equal(site.archives().length, 0);

  assertExit(await site.run(['run', '--yes']), 0);
  await site.configure({ policies: [policy('old', 365)] });
  // Behind the last run by a day only: the release of the program would not tell.
  for (const days of [-3_650, -1]) {
    const run = await site.run(['run', '--yes'], { clock: clockOffBy(days) });
    assertExit(run, 1);
    assert.match(said(run), /clock/);
    assert.deepEqual(await snapshot(dovecot, user), full);
  }
  assertExit(await site.run(['run', '--yes']), 0);
  const old = full.messages.filter(({ subject }) => subject !== 'young');
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), old);
});

/** Two of twelve are flagged, so a wrong clock breaks no limit. */
const mostlyYoung = [
  ...Array.from({ length: 9 }, (_, index) => note(`young ${index}`, 3 + index)),
  note('flagged', 3, { flags: ['\\Flagged'] }),
  note('flagged too', 3, { flags: ['\\Flagged'] }),
  note('old', 500),
];

for (const days of [3_650, 401]) {
  test(`a clock ${days} days ahead of the records archives, deletes, verifies and removes nothing, and leaves no mark`, async (t) => {
    const user = `ahead${days}@example.com`;
    await seedUser(dovecot, user, mostlyYoung);
    const site = await makeSite({
      server: { port: dovecot.port },
      users: [user],
      policies: [policy('old', 365, { delete: { after: '7d' }, retain: '400d' })],
    });
    t.after(() => site.remove());
    const full = await snapshot(dovecot, user);
    assertExit(await site.run(['run', '--yes']), 0);
    const stored = site.archives().length;
    for (const shift of [days, days + 8]) {
      for (const command of [['run', '--yes'], ['verify'], ['expire', '--yes']]) {
        const refused = await site.run(command, { clock: clockOffBy(shift) });
        assertExit(refused, 1);
        assert.match(said(refused), /clock .* more than 400 days after the newest record .* --accept-clock/s);
      }
    }
    assert.deepEqual(await snapshot(dovecot, user), full);
    assert.equal(site.archives().length, stored);
    assertExit(await site.run(['run', '--yes']), 0);
  });
}

test('a run under a clock ahead that a limit stopped does not stop later runs under the right clock', async (t) => {
  const user = 'limited@example.com';
  await seedUser(dovecot, user, [note('old', 500), note('young', 3), note('younger', 2)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { limits: {} })],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  assertExit(await site.run(['run', '--yes'], { clock: clockOffBy(3_650) }), 5);
  assert.deepEqual(await snapshot(dovecot, user), full);
  assert.equal(site.archives().length, 0);

  assertExit(await site.run(['run', '--yes']), 0);
  const old = full.messages.filter(({ subject }) => subject === 'old');
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), old);
  // The marks of the future are gone: the same wrong clock is noticed now.
  assertExit(await site.run(['run', '--yes'], { clock: clockOffBy(3_650) }), 1);
});

test('a clock that was ahead when mail was archived is refused until a person accepts the right one; graces begin again', async (t) => {
  const user = 'accepted@example.com';
  await seedUser(dovecot, user, mostlyYoung);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { delete: { after: '7d' } })],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  assertExit(await site.run(['run', '--yes'], { clock: clockOffBy(3_650) }), 0);

  const refused = await site.run(['run', '--yes']);
  assertExit(refused, 1);
  assert.match(said(refused), /before the last run at .* --accept-clock/s);
  assertExit(await site.run(['run', '--yes', '--accept-clock', '--dry-run']), 2);
  assertExit(await site.run(['run', '--yes', '--accept-clock']), 0);
  assertExit(await site.run(['run', '--yes']), 0);
  assert.deepEqual(await snapshot(dovecot, user), full);
  const database = new DatabaseSync(site.database, { readOnly: true });
  const audited = database.prepare("SELECT detail FROM audit WHERE action = 'accept-clock'").all();
  database.close();
  assert.equal(audited.length, 1);

  // The young messages are no longer selected; the old one leaves after its grace.
  assertExit(await site.run(['run', '--yes'], { clock: clockOffBy(8) }), 0);
  const old = full.messages.filter(({ subject }) => subject === 'old');
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), old);
});

test('a long silence that a person vouches for is no reason to refuse any more', async (t) => {
  const user = 'silent@example.com';
  await seedUser(dovecot, user, [note('old', 500), note('young', 3)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { limits: {} })],
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  const later = { clock: clockOffBy(500) };
  assertExit(await site.run(['run', '--yes'], later), 1);
  assertExit(await site.run(['run', '--yes', '--accept-clock'], later), 5);
  assertExit(await site.run(['run', '--yes'], later), 5);
});
