/** A crash between object and manifest, and a next run that finds another day, another year and more mail. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { keyPair, type KeyPair, makeEncryptedSite } from '../integration/encrypted-site.ts';
import { assertExit, makeSite, policy, type Site, type SiteWish } from '../integration/installation.ts';
import { findFiles } from '../oracle/archives.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { clockOffBy } from './off-by.ts';

let dovecot: Dovecot;
let keys: KeyPair;

before(async () => {
  keys = keyPair();
  dovecot = await startDovecot();
});

after(async () => {
  await dovecot.stop();
  keys.remove();
});

const dayMs = 86_400_000;

/** Days until the second day of the next year: by then mail of this many days less than a year is a year old. */
function daysToNextYear(now: Date): number {
  return Math.ceil((Date.UTC(now.getUTCFullYear() + 1, 0, 2) - now.getTime()) / dayMs);
}

interface Kind {
  readonly kind: string;
  readonly ending: string;
  /** The fail point after the PUT of the object. */
  readonly make: (wish: SiteWish) => Promise<Site>;
}

const kinds: readonly Kind[] = [
  { kind: 'a plain', ending: '.mbox.zst', make: makeSite },
  {
    kind: 'an encrypted',
    ending: '.mbox.zst.age',
    make: (wish) => makeEncryptedSite(wish, keys),
  },
];

for (const { kind, ending, make } of kinds) {
  test(`${kind} object that a crash left without its manifest is adopted in the next year, though more mail is old by then`, async (t) => {
    const user = `later-${ending.length}@example.com`;
    const shift = daysToNextYear(new Date());
    await seedUser(dovecot, user, [
      note('one', 500),
      note('two', 400),
      note('comes of age', 366 - shift),
      note('young', 3),
    ]);
    const site = await make({
      server: { port: dovecot.port },
      users: [user],
      policies: [policy('old', 365)],
    });
    t.after(() => site.remove());
    if (ending.endsWith('.age')) assertExit(await site.run(['validate', '--identity', keys.identity]), 0);
    const log = join(site.dir, 'hits.log');
    const env = { MOTHBALL_FAILPOINT: 'after put', MOTHBALL_FAILPOINT_LOG: log };
    assert.equal((await site.runProcess(['run', '--yes'], { env })).signal, 'SIGKILL');
    assert.match(readFileSync(log, 'utf8'), /after put\n$/);
    const left = findFiles(site.archiveDir, ending);
    assert.equal(left.length, 1);
    const { ino } = statSync(left[0] ?? '');
    assert.deepEqual(site.archives(), []);

    await seedByAppend(dovecot, user, [note('old mail that arrived meanwhile', 800)]);
    const full = await snapshot(dovecot, user);
    const then = new Date(Date.now() + shift * dayMs);
    const selected = selectByRule(full, { olderThanDays: 365 }, then);
    assert.equal(selected.length, 4);
    assertExit(await site.run(['run', '--yes'], { clock: clockOffBy(shift) }), 0);

    const archives = site.archives();
    assertExactlyGone(full, await snapshot(dovecot, user), archives, selected);
    assert.deepEqual(
      archives.map(({ messages }) => messages.length),
      [2, 2],
    );
    // The batch's own year, the very file that was there; what came of age is in an archive of the new year.
    const [first, ...others] = archives.toSorted((a, b) => a.object.localeCompare(b.object));
    assert.equal(first?.object, left[0]);
    assert.equal(statSync(first?.object ?? '').ino, ino);
    assert.ok(first?.object.includes(`/${new Date().getUTCFullYear()}/`));
    assert.ok(others.every(({ object }) => object.includes(`/${then.getUTCFullYear()}/`)));
    const copies = archives.flatMap(({ messages }) => messages.map(({ sha256 }) => sha256));
    assert.equal(new Set(copies).size, copies.length);
    assert.equal(findFiles(site.archiveDir, ending).length, 2, 'an object without its manifest is left');
  });
}
