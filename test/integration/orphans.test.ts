import assert from 'node:assert/strict';
import { rename, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { findFiles } from '../oracle/archives.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { assertExit, type Site } from './installation.ts';
import { archived } from './retaining-site.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const objects = (site: Site): readonly string[] => findFiles(site.archiveDir, '.mbox.zst');
const age = (path: string, days: number): Promise<void> => {
  const at = new Date(Date.now() - days * 86_400_000);
  return utimes(path, at, at);
};

test('what belongs to no archive is told, and removed when asked for and older than 7 days', async (t) => {
  const site = await archived(t, dovecot, 'orphan@example.com', ['INBOX']);
  const [object = ''] = objects(site);
  const place = dirname(object);
  const orphan = (name: string): string => join(place, `${name.repeat(64)}.mbox.zst`);
  for (const [name, days] of [
    ['a', 8],
    ['b', 6],
  ] as const) {
    await writeFile(orphan(name), 'left by a crash');
    await age(orphan(name), days);
  }
  const partial = `${orphan('c')}.1234.partial`;
  await writeFile(partial, 'left by a crash');
  await age(partial, 8);
  await age(object, 400);

  const told = await site.run(['expire', '--yes']);
  assertExit(told, 0);
  assert.match(told.stdout, /a{64}\.mbox\.zst \(15 bytes\): removed by --orphans/);
  assert.match(told.stdout, /b{64}\.mbox\.zst \(15 bytes\): younger than 7 days/);
  assert.match(told.stdout, /left half-written by a crash: 1 file; removed by --orphans/);
  assert.equal(objects(site).length, 3);

  const limited = await site.run(['expire', '--yes', '--orphans']);
  assertExit(limited, 5);
  assert.equal(objects(site).length, 3);

  const removed = await site.run(['expire', '--yes', '--orphans', '--lift-limits']);
  assertExit(removed, 0);
  assert.match(removed.stdout, /a{64}\.mbox\.zst \(15 bytes\): removed\n/);
  assert.deepEqual(objects(site).toSorted(), [object, orphan('b')].toSorted());
  assert.deepEqual(findFiles(site.archiveDir, '.partial'), []);
  assertExit(await site.run(['verify']), 0);
});

test('an object whose manifest was lost is no orphan', async (t) => {
  const site = await archived(t, dovecot, 'robbed@example.com', ['INBOX']);
  const [object = ''] = objects(site);
  const [manifest = ''] = findFiles(site.archiveDir, '.manifest.jsonl.zst');
  await rename(manifest, `${manifest}.away`);
  await age(object, 400);
  const run = await site.run(['expire', '--yes', '--orphans']);
  assertExit(run, 0);
  assert.deepEqual(objects(site), [object]);
  await rename(`${manifest}.away`, manifest);
  assertExit(await site.run(['verify']), 0);
});
