import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, makeSite, policy, said } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';
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

test('a clock ten years ahead is stopped by the limits that a policy has unless it lifts them', async (t) => {
  const user = 'ahead@example.com';
  await seedUser(dovecot, user, [note('old', 500), note('young', 3), note('younger', 2)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { limits: {} })],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  assertExit(await site.run(['run', '--yes'], { clock: clockOffBy(3_650) }), 5);
  assert.deepEqual(subjects(await snapshot(dovecot, user)), subjects(full));
  assert.equal(site.archives().length, 0);
});
