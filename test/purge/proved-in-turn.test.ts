/** SAFETY step 9 for an archive that this very run verified: its files are not decoded again, and still compared. */
import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { verify } from '../../src/archive/verify.ts';
import { uid } from '../../src/domain/brands.ts';
import type { Due } from '../../src/purge/due.ts';
import { provedInTurn } from '../../src/purge/read-ahead.ts';
import { flipByte } from '../oracle/flip-byte.ts';
import { usual } from '../work/account-world.ts';
import { archivedWorld, deleting, onlyDue } from './purge-world.ts';

interface Files {
  readonly object: string;
  readonly manifest: string;
}

/** What is found wrong with an archive that was verified before this happened to it. */
async function faultAfter(
  t: TestContext,
  change: (files: Files) => void,
  asked = (due: Due): Due => due,
): Promise<string | null> {
  const world = await archivedWorld(t, 3);
  const due = await onlyDue(world, deleting(usual));
  const { key, manifestKey } = due.record;
  // Older than the file system's clock is coarse, as what takes a while to be stored is.
  await delay(80);
  const found = await world.locked(async (work) => {
    assert.ok(await verify(work, due.record, true));
    assert.ok(await work.readBack.isUnchanged(await work.gate.open('local'), due.record, work.clock.now()));
    change({ object: join(world.archiveDir, key), manifest: join(world.archiveDir, manifestKey) });
    await delay(80);
    return { fault: await provedInTurn(work).faultOf(asked(due)) };
  });
  return found.fault;
}

test('an archive that this run verified and nobody touched is proved', async (t) => {
  assert.equal(await faultAfter(t, () => undefined), null);
  const some = (due: Due): Due => ({ ...due, entries: due.entries.slice(1) });
  assert.equal(await faultAfter(t, () => undefined, some), null);
});

test('an archive that this run verified is proved no more once one of its files is touched', async (t) => {
  const changes: readonly ((files: Files) => void)[] = [
    ({ object }) => flipByte(object),
    ({ object }) => rmSync(object),
    ({ manifest }) => flipByte(manifest),
    ({ manifest }) => rmSync(manifest),
    ({ manifest, object }) => {
      rmSync(manifest);
      copyFileSync(object, manifest);
    },
  ];
  for (const change of changes) assert.notEqual(await faultAfter(t, change), null, change.toString());
});

test('an entry that its manifest does not have like this is not proved', async (t) => {
  const other = (due: Due): Due => ({
    ...due,
    entries: due.entries.map((entry) => ({ ...entry, uid: uid(entry.uid + 1) })),
  });
  assert.match((await faultAfter(t, () => undefined, other)) ?? '', /not the one that was written/);
});
