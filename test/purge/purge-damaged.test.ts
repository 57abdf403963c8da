import assert from 'node:assert/strict';
import { rmSync, symlinkSync, truncateSync } from 'node:fs';
import test, { after, before, type TestContext } from 'node:test';
import { mailbox, type SeedMessage } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import type { ArchivesDocument } from '../integration/documents.ts';
import { assertExit, describe, makeSite, policy, said, type Site } from '../integration/installation.ts';
import { type Archive, readSoundArchives } from '../oracle/archives.ts';
import { flipByte } from '../oracle/flip-byte.ts';
import { assertNothingLost, gone } from '../oracle/nothing-lost.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const damages: readonly { readonly name: string; readonly damage: (archive: Archive) => void }[] = [
  {
    name: 'with one byte flipped',
    damage: ({ object }) => flipByte(object),
  },
  {
    name: 'cut at a frame border',
    damage: ({ object, messages }) => truncateSync(object, messages.at(-1)?.line.frame.offset ?? 0),
  },
  { name: 'cut to nothing', damage: ({ object }) => truncateSync(object, 0) },
  { name: 'removed', damage: ({ object }) => rmSync(object) },
  { name: 'robbed of its manifest', damage: ({ manifest }) => rmSync(manifest) },
];

/** A user whose mail is archived and waits for its grace. */
async function inGrace(
  t: TestContext,
  user: string,
  mail: Iterable<SeedMessage>,
): Promise<{ readonly site: Site; readonly full: Snapshot }> {
  await seedUser(dovecot, user, mail);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { delete: { after: '7d' } })],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  assertExit(await site.run(['run', '--yes']), 0);
  return { site, full };
}

for (const [index, { name, damage }] of damages.entries()) {
  test(`mail whose archive was ${name} during the grace stays, and is archived again before it goes`, async (t) => {
    const user = `damage${index}@example.com`;
    const { site, full } = await inGrace(
      t,
      user,
      mailbox({ seed: 20 + index, count: 150, ages: { from: 400, to: 900 }, flags: {}, meanSize: 20_000 }),
    );
    const [archive] = site.archives();
    if (archive === undefined) throw new Error('no archive');
    damage(archive);
    await site.configure({ policies: [policy('old', 365)] });

    const noticed = await site.run(['run', '--yes']);
    assert.match(said(noticed), /damaged|no longer|missing/, describe(noticed));
    const midway = await snapshot(dovecot, user);
    const sound = readSoundArchives(site.archiveDir);
    assertNothingLost(full, midway, sound, full.messages);
    const { archives } = await site.json<ArchivesDocument>(['archives']);
    // Nothing is said to be sound that is not: the damaged object is quarantined, or a new copy took its place.
    const keys = new Set(sound.map(({ head }) => head.key));
    assert.ok(archives.every(({ key, state }) => keys.has(key) || state === 'quarantined'));

    // At the latest the run after that has a copy again and lets the mail go.
    await site.run(['run', '--yes']);
    const end = await snapshot(dovecot, user);
    assertNothingLost(full, end, readSoundArchives(site.archiveDir), full.messages);
    assert.equal(gone(full, end).length, full.messages.length);
  });
}

const ofThree = [
  { what: 'damaged', damage: damages[0]?.damage, says: /no longer what was written/ },
  {
    what: 'unreadable',
    damage: ({ object }: Archive) => {
      rmSync(object);
      symlinkSync(object, object);
    },
    says: /ELOOP/,
  },
] as const;

for (const { what, damage, says } of ofThree) {
  test(`of three archives that wait, only the mail of the ${what} one stays, though it was read while other mail was deleted`, async (t) => {
    const user = `${what}-of-three@example.com`;
    const folders = ['INBOX', 'One', 'Two'];
    const { site, full } = await inGrace(
      t,
      user,
      mailbox({ seed: 40, count: 90, ages: { from: 400, to: 900 }, flags: {}, folders }),
    );
    const damaged = site.archives().find(({ head }) => head.folder === 'One');
    if (damaged === undefined) throw new Error('no archive');
    damage?.(damaged);
    await site.configure({ policies: [policy('old', 365)] });

    const noticed = await site.run(['run', '--yes']);
    assert.match(said(noticed), says, describe(noticed));
    const midway = await snapshot(dovecot, user);
    const sound = readSoundArchives(site.archiveDir);
    assertNothingLost(full, midway, sound, full.messages);
    // The others' mail was not held up by it.
    const left = new Set(midway.messages.map(({ folder }) => folder));
    assert.ok(!left.has('INBOX') && !left.has('Two'), [...left].join());
  });
}

test('verify exits 4 on a damaged archive, names it, and keeps its mail on the server', async (t) => {
  const user = 'verify@example.com';
  const { site, full } = await inGrace(
    t,
    user,
    mailbox({ seed: 30, count: 20, ages: { from: 400, to: 900 }, flags: {} }),
  );
  const [archive] = site.archives();
  if (archive === undefined) throw new Error('no archive');
  damages[0]?.damage(archive);
  const result = await site.run(['verify']);
  assertExit(result, 4);
  assert.match(said(result), new RegExp(archive.head.id.slice(0, 8)));
  assert.deepEqual(await snapshot(dovecot, user), full);

  // Repaired, say from a copy, it is taken back.
  const listed = await site.run(['archives', '--quarantined']);
  assert.match(listed.stdout, new RegExp(`${archive.head.id.slice(0, 12)}: .*\\nno quarantined messages`));
  assertExit(await site.run(['verify', '--lift-quarantine']), 4);
  damages[0]?.damage(archive);
  assertExit(await site.run(['verify', '--lift-quarantine']), 0);
  const { archives } = await site.json<ArchivesDocument>(['archives']);
  assert.deepEqual(
    archives.map(({ state }) => state),
    ['verified'],
  );
});
