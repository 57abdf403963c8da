import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import {
  type EncryptedSite,
  keyPair,
  type KeyPair,
  makeEncryptedSite,
} from '../integration/encrypted-site.ts';
import { assertExit, describe, policy } from '../integration/installation.ts';
import { findFiles } from '../oracle/archives.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

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

const mail = [note('one', 500, { size: 2_000 }), note('two', 400), note('three', 600), note('young', 3)];
const selected = (full: Snapshot): Snapshot['messages'] =>
  selectByRule(full, { olderThanDays: 365 }, new Date());

async function fixture(
  name: string,
): Promise<{ readonly site: EncryptedSite; readonly user: string; readonly full: Snapshot }> {
  const user = `${name}@example.com`;
  await seedUser(dovecot, user, mail);
  const wish = { server: { port: dovecot.port }, users: [user], policies: [policy('old', 365)] };
  const site = await makeEncryptedSite(wish, keys);
  assertExit(await site.run(['validate', '--identity', keys.identity]), 0);
  return { site, user, full: await snapshot(dovecot, user) };
}

/** The fail points from the spool to the verified record, with their numbers: where encryption matters. */
async function hitsOfSealing(): Promise<readonly { readonly at: number; readonly hit: string }[]> {
  const { site } = await fixture('whole');
  try {
    const log = join(site.dir, 'hits.log');
    assertExit(await site.runProcess(['run', '--yes'], { env: { MOTHBALL_FAILPOINT_LOG: log } }), 0);
    const hits = (await readFile(log, 'utf8')).trim().split('\n');
    const all = hits.map((hit, index) => ({ at: index + 1, hit }));
    const first = hits.findIndex((hit) => hit.endsWith('after spool'));
    const last = hits.findIndex((hit) => hit.endsWith('after verified record'));
    return all.slice(first, last + 1);
  } finally {
    await site.remove();
  }
}

test('killed at any fail point between spool and verification, an encrypted run is finished by the next one, with its own object', async () => {
  const rest = [...(await hitsOfSealing())];
  for (const name of ['after object record', 'after put', 'after manifest record', 'after manifest'])
    assert.ok(
      rest.some(({ hit }) => hit.endsWith(name)),
      name,
    );
  const worker = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) await killedAt(next.at, next.hit);
  };
  await Promise.all([worker(), worker()]);
});

async function killedAt(at: number, hit: string): Promise<void> {
  const { site, user, full } = await fixture(`kill-${at}`);
  try {
    const killed = await site.runProcess(['run', '--yes'], { env: { MOTHBALL_FAILPOINT: String(at) } });
    assert.equal(killed.signal, 'SIGKILL', `${hit}: ${describe(killed)}`);
    assertNothingLost(full, await snapshot(dovecot, user), site.archives(), selected(full));
    const left = objects(site);
    const resumed = await site.run(['run', '--yes']);
    assert.equal(resumed.code, 0, `after a kill at ${hit}: ${describe(resumed)}`);
    assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), selected(full));
    assert.equal(objects(site).length, 1, `objects after a kill at ${hit}`);
    assert.equal(site.archives().length, 1, `manifests after a kill at ${hit}`);
    if (left.length > 0) assert.deepEqual(objects(site), left, `adopted after a kill at ${hit}`);
    assert.deepEqual(findFiles(site.archiveDir, '.partial'), []);
    const spooled = findFiles(join(site.dir, 'spool'), '').filter((path) =>
      /\.(?:age|zst|decrypted)$/.test(path),
    );
    assert.deepEqual(spooled, [], `spool after a kill at ${hit}`);
  } finally {
    await site.remove();
  }
}

const objects = (site: EncryptedSite): readonly string[] => findFiles(site.archiveDir, '.mbox.zst.age');
