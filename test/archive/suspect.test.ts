/** Archives that can't be read back because of one message in them, and manifests that would get too long. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import test from 'node:test';
import { archive } from '../../src/archive/archive.ts';
import type { Codec } from '../../src/ports/codec.ts';
import { Ledger } from '../../src/work/ledger.ts';
import { planOf, recorded } from '../purge/purge-world.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';

/** One run of the first half, with a codec that these messages never read back from. */
async function run(world: AccountWorld, bad: (uid: number, folder: string) => boolean): Promise<Ledger> {
  return world.locked(async (work) => {
    const ledger = new Ledger();
    const codec: Codec = {
      ...work.codec,
      async verify(manifest, read) {
        const index = manifest.messages.findIndex(({ uid }) => bad(uid, manifest.head.folder));
        const report = await work.codec.verify(manifest, read);
        return index < 0 ? report : { ...report, faults: [{ index, reason: 'its SHA-256 differs' }] };
      },
    };
    await archive({ ...work, codec }, usual, (await planOf(work, usual)).folders, { ledger });
    return ledger;
  });
}

const mail = (count: number) => ({
  folders: {
    INBOX: { messages: Array.from({ length: count }, (_, index) => scriptedMessage(index + 1)) },
    Other: { messages: [scriptedMessage(1)] },
  },
});

test('a message that no archive of it reads back with ends alone in quarantine, and all others are archived', async (t) => {
  const world = await accountWorld(t, mail(9));
  for (let round = 1; round <= 6; round += 1) {
    // Each run has other mail too, which shows that the store is sound.
    world.server.folders.get('Other')?.messages.push(scriptedMessage(round + 1));
    await run(world, (uid, folder) => uid === 6 && folder === 'INBOX');
  }
  const quarantined = await world.catalog.quarantineList();
  assert.deepEqual(
    quarantined.map(({ folder, uid }) => `${folder} ${uid}`),
    ['INBOX 6'],
  );
  const pending = (await recorded(world)).filter((line) => line.includes('pending'));
  assert.equal(pending.length, 8 + 7);
  const before = await readdir(world.archiveDir, { recursive: true });
  await run(world, (uid, folder) => uid === 6 && folder === 'INBOX');
  assert.deepEqual(await readdir(world.archiveDir, { recursive: true }), before, 'nothing is stored again');
});

test('a store that keeps nothing readable puts no message under quarantine', async (t) => {
  const world = await accountWorld(t, mail(3));
  for (let round = 1; round <= 6; round += 1) await run(world, () => true);
  assert.deepEqual(await world.catalog.quarantineList(), []);
  await run(world, () => false);
  assert.equal((await recorded(world)).filter((line) => line.includes('pending')).length, 4);
});

test('an archive ends where its manifest would get too long, and the rest goes into the next', async (t) => {
  const controls = '\u0001'.repeat(1_990);
  const messages = Array.from({ length: 2_200 }, (_, index) => {
    const head = ['Subject', 'From', 'To'].map((name) => `${name}: x${controls}`).join('\r\n');
    return scriptedMessage(index + 1, { body: `${head}\r\n\r\nbody\r\n` });
  });
  const world = await accountWorld(t, { folders: { INBOX: { messages } } });
  await run(world, () => false);
  const archives = await world.catalog.archives();
  assert.ok(archives.length > 1, `${archives.length} archives`);
  assert.equal(
    archives.reduce((sum, one) => sum + one.messages, 0),
    2_200,
  );
  assert.equal((await recorded(world)).filter((line) => line.includes('pending')).length, 2_200);
});
