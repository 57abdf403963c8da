/** A disk that forgets what was not synced: what the catalog says is verified must be there afterwards. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before, type TestContext } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { Random } from '../corpus/random.ts';
import { seedUser } from '../corpus/seed.ts';
import { inFull } from '../full.ts';
import { assertExit, describe, makeSite, policy, type Site } from '../integration/installation.ts';
import { type Archive, readSoundArchives } from '../oracle/archives.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type ForgetfulDisk, forgetfulDisk } from './forgetful-disk.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const run = ['run', '--yes'];

interface Case {
  readonly site: Site;
  readonly disk: ForgetfulDisk;
  readonly full: Snapshot;
  readonly selected: Snapshot['messages'];
  now(): Promise<Snapshot>;
}

let cases = 0;

async function makeCase(t: TestContext): Promise<Case> {
  const user = `power-${(cases += 1)}@example.com`;
  await seedUser(dovecot, user, [
    note('one', 500),
    note('two', 400),
    note('list', 600, { folder: 'Lists' }),
    note('young', 3),
  ]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const there = await snapshot(dovecot, user);
  return {
    site,
    disk: forgetfulDisk(t, site.dir),
    full: there,
    selected: selectByRule(there, { olderThanDays: 365 }, new Date()),
    now: () => snapshot(dovecot, user),
  };
}

/** The power goes: archive and spool keep what was synced; SQLite syncs each COMMIT itself. */
const powerLoss = ({ disk }: Case): void => disk.powerLoss('archive', 'spool');

const sound = ({ site }: Case): readonly Archive[] => readSoundArchives(site.archiveDir);

/** What the catalog says is verified is in the store, whole; and no mail is lost. */
async function assertDurable(one: Case): Promise<void> {
  const archives = sound(one);
  assertNothingLost(one.full, await one.now(), archives, one.selected);
  const ids = archives.map(({ head }) => head.id);
  const missing = verified(one.site).filter((id) => !ids.includes(id));
  assert.deepEqual(missing, [], 'the catalog says verified, and the disk does not have it');
}

function verified({ database }: Site): readonly string[] {
  const catalog = new DatabaseSync(database);
  try {
    return catalog
      .prepare("SELECT id FROM archives WHERE state = 'verified'")
      .all()
      .map(({ id }) => String(id));
  } catch (error) {
    // Killed before there were tables: then nothing is verified.
    if (/no such table/.test(String(error))) return [];
    throw error;
  } finally {
    catalog.close();
  }
}

test('the disk of these tests forgets what was not synced, and keeps what was', async (t) => {
  const { site, disk } = await makeCase(t);
  assertExit(await site.runProcess(run, { env: disk.env() }), 0);
  writeFileSync(join(site.archiveDir, 'never-synced'), 'mail');
  disk.powerLoss('archive', 'spool');
  assert.equal(readSoundArchives(site.archiveDir).length, 2);
  assert.throws(() => writeFileSync(join(site.archiveDir, 'never-synced'), '', { flag: 'r+' }), /ENOENT/);
});

test('after a run that ended, a power loss takes nothing from the archive', async (t) => {
  const one = await makeCase(t);
  assertExit(await one.site.runProcess(run, { env: one.disk.env() }), 0);
  powerLoss(one);
  assert.equal(verified(one.site).length, 2);
  await assertDurable(one);
  assertExactlyGone(one.full, await one.now(), sound(one), one.selected);
  assertExit(await one.site.run(['verify']), 0);
});

/** Numbers of the fsyncs that a whole run makes: each one whose path is wanted, or a few of those by lot. */
async function moments(t: TestContext): Promise<readonly number[]> {
  const one = await makeCase(t);
  assertExit(await one.site.runProcess(run, { env: one.disk.env() }), 0);
  const syncs = one.disk.syncs();
  const all = syncs.map((_, index) => index + 1);
  assert.ok(all.length >= 12, syncs.join('\n'));
  if (inFull) return all;
  const random = new Random(Number(process.env['SEED'] ?? 6));
  return Array.from({ length: 3 }, () => random.pick(all));
}

test('when the power goes before any one fsync, nothing is lost, and the next run ends the work', async (t) => {
  for (const at of await moments(t)) {
    const one = await makeCase(t);
    const killed = await one.site.runProcess(run, { env: one.disk.env(at) });
    assert.equal(killed.signal, 'SIGKILL', describe(killed));
    powerLoss(one);
    await assertDurable(one);
    const what = `after a power loss before fsync ${at}, of ${one.disk.syncs().at(-1)}`;
    const next = await one.site.run(run);
    assert.equal(next.code, 0, `${what}: ${describe(next)}`);
    assertExactlyGone(one.full, await one.now(), one.site.archives(), one.selected);
  }
});

test('when a run dies before any one fsync and the next one ends, a power loss after that takes nothing', async (t) => {
  for (const at of await moments(t)) {
    const one = await makeCase(t);
    const killed = await one.site.runProcess(run, { env: one.disk.env(at) });
    assert.equal(killed.signal, 'SIGKILL', describe(killed));
    const what = `a death before fsync ${at}, of ${one.disk.syncs().at(-1)}`;
    const next = await one.site.runProcess(run, { env: one.disk.env() });
    assert.equal(next.code, 0, `${what}: ${describe(next)}`);
    powerLoss(one);
    await assertDurable(one);
    assertExactlyGone(one.full, await one.now(), sound(one), one.selected);
  }
});
