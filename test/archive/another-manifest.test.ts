/** A manifest in the store that is sound in itself, and not the one that was written for this archive. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import zlib from 'node:zlib';
import { verify } from '../../src/archive/verify.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { archivedWorld, archiveMail, recorded } from '../purge/purge-world.ts';
import { accountWorld, type AccountWorld, usual } from '../work/account-world.ts';

type Json = Record<string, unknown>;

/** Changes lines of a manifest on disk, and closes it again as the format says; without the product's code. */
async function rewrite(path: string, change: (lines: Json[]) => void): Promise<void> {
  // Node's decoder stops after the first frame.
  const text = execFileSync('zstd', ['-dcq'], { input: await readFile(path) }).toString();
  const lines: Json[] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(lines.pop()?.['kind'], 'end');
  change(lines);
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const digest = createHash('sha256').update(body).digest('hex');
  const end = JSON.stringify({ kind: 'end', messages: lines.length - 1, digest });
  await writeFile(path, zlib.zstdCompressSync(`${body}${end}\n`));
}

async function onlyArchive(world: AccountWorld) {
  const [record, ...more] = await world.catalog.archives();
  assert.deepEqual(more, []);
  return record ?? assert.fail('no archive');
}

const forgeries: readonly (readonly [string, (lines: Json[]) => void])[] = [
  ['another subject', (lines) => void Object.assign(lines[1] ?? {}, { subject: 'something else' })],
  ['other flags', (lines) => void Object.assign(lines[1] ?? {}, { flags: ['\\flagged'] })],
  ['another policy', (lines) => void Object.assign(lines[0] ?? {}, { policyHash: 'another' })],
];

for (const [what, change] of forgeries) {
  test(`a sound manifest with ${what} than was written is a fault: quarantined, and nothing is deleted`, async (t) => {
    const world = await archivedWorld(t, 2);
    const record = await onlyArchive(world);
    await rewrite(join(world.archiveDir, record.manifestKey), change);
    assert.equal(
      await world
        .locked(async (work) => ({ fine: await verify(work, record, true) }))
        .then(({ fine }) => fine),
      false,
    );
    const { state, stateReason } = await onlyArchive(world);
    assert.equal(state, 'quarantined');
    assert.match(stateReason ?? '', /is not the one that was written/);
    assert.ok((await recorded(world)).every((line) => line.includes('abandoned')));
  });
}

test('a manifest in the way that describes another object is not adopted: the archive goes under the next name', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: { messages: [scriptedMessage(1)] } } });
  await archiveMail(world, usual);
  const first = await onlyArchive(world);
  const path = join(world.archiveDir, first.manifestKey);
  await rewrite(path, (lines) => void Object.assign(lines[0] ?? {}, { sha256: '00'.repeat(32) }));
  const stranger = await readFile(path);
  await world.catalog.setArchiveState(first.id, 'quarantined', 'its manifest was overwritten');
  await archiveMail(world, usual);
  const record = await onlyArchive(world);
  assert.equal(record.state, 'verified');
  assert.notEqual(record.manifestKey, first.manifestKey);
  assert.deepEqual(await readFile(path), stranger, 'the manifest that was in the way was overwritten');
});
