import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type DatabaseKind, Databases } from '../integration/databases.ts';
import { assertExit, describe, makeSite, policy, type Site } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';
import { findFiles } from '../oracle/archives.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;
const databases = new Databases();

before(async () => {
  dovecot = await startDovecot();
});

after(async () => {
  await dovecot.stop();
  await databases.stop();
});

const mail = [
  ...Array.from({ length: 5 }, (_, index) => note(`old ${index}`, 500 + index, { size: 2_000 })),
  ...Array.from({ length: 4 }, (_, index) => note(`list ${index}`, 600 + index, { folder: 'Lists' })),
  note('flagged', 700, { flags: ['\\Flagged'] }),
  note('young', 3),
  note('young list', 4, { folder: 'Lists' }),
];

interface Fixture {
  readonly site: Site;
  readonly user: string;
  readonly full: Snapshot;
}

async function fixture(name: string, mode: string, kind: DatabaseKind = 'SQLite'): Promise<Fixture> {
  const user = `${name}@example.com`;
  await seedUser(dovecot, user, mail);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    extra: await databases.keysOf(kind),
    policies: [
      policy('old', 365, { delete: { after: '0d', mode }, folders: { include: ['INBOX', 'Lists'] } }),
    ],
  });
  return { site, user, full: await snapshot(dovecot, user) };
}

/** The names of the fail points that an uninterrupted run passes, in order, and what it leaves behind. */
async function uninterrupted(
  mode: string,
): Promise<{ readonly hits: readonly string[]; readonly left: readonly string[] }> {
  const { site, user, full } = await fixture(`whole-${mode}`, mode);
  try {
    const log = join(site.dir, 'hits.log');
    assertExit(await site.runProcess(['run', '--yes'], { env: { MOTHBALL_FAILPOINT_LOG: log } }), 0);
    const now = await snapshot(dovecot, user);
    if (mode === 'expunge') assertExactlyGone(full, now, site.archives(), selected(full));
    const hits = (await readFile(log, 'utf8')).trim().split('\n');
    return { hits, left: where(now) };
  } finally {
    await site.remove();
  }
}

const selected = (full: Snapshot): Snapshot['messages'] =>
  selectByRule(full, { olderThanDays: 365 }, new Date());
const where = (now: Snapshot): readonly string[] =>
  now.folders.flatMap((folder) => subjects(now, folder).map((subject) => `${folder}: ${subject}`));

for (const mode of ['expunge', 'trash']) {
  test(`killed at any fail point, a run that ends in ${mode} is finished by the next one`, async () => {
    const { hits, left } = await uninterrupted(mode);
    assert.ok(hits.length >= 12, `only ${hits.length} fail points`);
    // Before the intent, both modes do the same.
    const first = mode === 'expunge' ? 0 : hits.findIndex((hit) => hit.includes('intent'));
    assert.ok(first >= 0);
    const rest = [...hits.entries()].slice(first);
    const worker = async (): Promise<void> => {
      for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
        await killedAt({ at: next[0] + 1, hit: next[1], mode, kind: 'SQLite' }, left);
      }
    };
    await Promise.all([worker(), worker()]);
  });
}

test('on PostgreSQL too, a run that was killed is finished by the next one', async () => {
  const { hits, left } = await uninterrupted('expunge');
  // The records that decide: an archive sealed and verified, an intent, mail marked and expunged.
  const wanted = ['seal record', 'verified', 'intent', 'mark', 'expunge'];
  const chosen = wanted.map((part) => hits.findIndex((hit) => hit.includes(part))).filter((at) => at >= 0);
  assert.ok(new Set(chosen).size >= 3, hits.join(', '));
  for (const at of new Set(chosen))
    await killedAt({ at: at + 1, hit: hits[at] ?? '', mode: 'expunge', kind: 'PostgreSQL' }, left);
});

interface Kill {
  /** The how manyth fail point, from 1. */
  readonly at: number;
  readonly hit: string;
  readonly mode: string;
  readonly kind: DatabaseKind;
}

async function killedAt({ at, hit, mode, kind }: Kill, left: readonly string[]): Promise<void> {
  const { site, user, full } = await fixture(`kill-${mode}-${at}-${kind.toLowerCase()}`, mode, kind);
  try {
    const killed = await site.runProcess(['run', '--yes'], { env: { MOTHBALL_FAILPOINT: String(at) } });
    assert.equal(killed.signal, 'SIGKILL', `${hit}: ${describe(killed)}`);
    assertNothingLost(full, await snapshot(dovecot, user), site.archives(), selected(full));
    const resumed = await site.run(['run', '--yes']);
    assert.equal(resumed.code, 0, `after a kill at ${hit}: ${describe(resumed)}`);
    const now = await snapshot(dovecot, user);
    assert.deepEqual(where(now), left, `after a kill at ${hit}`);
    assertNothingLost(full, now, site.archives(), selected(full));
    assertNoSecondCopy(site, full, hit);
  } finally {
    await site.remove();
  }
}

/** Each selected message stands in one archive, each object has its manifest, and no spool file is left. */
function assertNoSecondCopy(site: Site, full: Snapshot, hit: string): void {
  const archives = site.archives();
  const copies = archives.flatMap(({ messages }) => messages.map(({ sha256 }) => sha256)).toSorted();
  const wanted = selected(full)
    .map(({ sha256 }) => sha256)
    .toSorted();
  assert.deepEqual(copies, wanted, `copies after a kill at ${hit}`);
  assert.equal(
    findFiles(site.archiveDir, '.mbox.zst').length,
    archives.length,
    `objects after a kill at ${hit}`,
  );
  assert.deepEqual(findFiles(site.archiveDir, '.partial'), [], `partial files after a kill at ${hit}`);
}
