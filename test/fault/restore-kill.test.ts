/** A restore that is killed at any of its durable steps, and repeated, doubles nothing and leaves nothing out. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { mailbox, usualFlags } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { assertSameMail } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

async function archivedSite(t: test.TestContext, user: string) {
  const mail = mailbox({
    seed: 5,
    count: 8,
    user,
    folders: ['INBOX'],
    ages: { from: 400, to: 900 },
    flags: { ...usualFlags, '\\Flagged': 0, '\\Draft': 0 },
    meanSize: 6_000,
  });
  await seedUser(dovecot, user, mail);
  const full = await snapshot(dovecot, user, { bytes: true });
  const limits = { maxPercent: 100 };
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { limits })],
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  assert.equal((await snapshot(dovecot, user)).messages.length, 0);
  return { site, full };
}

const restore = ['restore', '--all', '--yes'];

test('a restore killed at any step is completed by the next one, and nothing is there twice', async (t) => {
  const whole = await archivedSite(t, 'whole@example.com');
  const log = join(whole.site.dir, 'points');
  const counted = await whole.site.runProcess(restore, { env: { MOTHBALL_FAILPOINT_LOG: log } });
  assertExit(counted, 0);
  const points = readFileSync(log, 'utf8').trimEnd().split('\n');
  assert.ok(points.some((point) => point.endsWith('before append record')));
  for (const [index, point] of points.entries()) {
    const user = `killed-${index}@example.com`;
    const { site, full } = await archivedSite(t, user);
    const killed = await site.runProcess(restore, { env: { MOTHBALL_FAILPOINT: String(index + 1) } });
    assert.notEqual(killed.code, 0, point);
    assertExit(await site.run(restore), 0);
    assertSameMail(full, await snapshot(dovecot, user, { bytes: true }));
    assertExit(await site.run(restore), 0);
    assert.equal((await snapshot(dovecot, user)).messages.length, full.messages.length, point);
  }
});
