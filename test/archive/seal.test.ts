/** Object, manifest and record of one archive, and what is in their way. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { seal, type Sealed } from '../../src/archive/seal.ts';
import type { SealBatch } from '../../src/archive/sealing.ts';
import { sha256, uid } from '../../src/domain/brands.ts';
import type { ManifestMessage } from '../../src/format/manifest-types.ts';
import { parseManifest } from '../../src/format/manifest-parse.ts';
import { encodeManifest } from '../../src/format/manifest.ts';
import type { WrittenArchive } from '../../src/ports/codec.ts';
import { newMessage } from '../contract/archive-fixture.ts';
import { batch } from '../contract/catalog-samples.ts';
import { pass } from '../purge/purge-world.ts';
import { type AccountWorld, accountWorld } from '../work/account-world.ts';

const text = (number: number): Buffer => Buffer.from(`Subject: message ${number}\r\n\r\nbody\r\n`);

interface Wish {
  readonly changes?: Partial<SealBatch>;
  readonly texts?: readonly Buffer[];
  /** What the codec makes of each manifest line. */
  readonly line?: (line: ManifestMessage) => ManifestMessage;
}

/** Seals an archive of two messages, as a batch made it. */
async function sealed(
  world: AccountWorld,
  { changes = {}, texts = [text(1), text(2)], line = (one) => one }: Wish = {},
): Promise<Sealed> {
  // No batch is on record unless a test puts one there.
  const made = batch('key-1', {
    ...world.account,
    mailboxId: null,
    created: world.now,
    uids: [uid(1), uid(2)],
  });
  return world.locked(async (work) => {
    const { format, compression } = made;
    const spoolDir = work.spool.path;
    const writer = work.codec.writer({ format, compression, folder: [], spoolDir, headerNames: [] });
    for (const [index, data] of texts.entries())
      await writer.add(newMessage(index + 1), Uint8Array.from(data));
    try {
      const { file, messages } = await writer.finish();
      const finish = async (): Promise<WrittenArchive> => ({ file, messages: messages.map(line) });
      return await seal(work, { ...made, key: null, ...changes }, { ...writer, finish });
    } finally {
      await writer.abort();
    }
  });
}

/** Files of the archive, without the store's own. */
async function files({ archiveDir }: AccountWorld): Promise<readonly string[]> {
  const names = await readdir(archiveDir, { recursive: true });
  return names.filter((name) => name.endsWith('.zst')).toSorted();
}

const year = ({ now }: AccountWorld): number => now.getUTCFullYear();
const world = (t: TestContext): Promise<AccountWorld> => accountWorld(t);

test('object and manifest are stored side by side under the id and the year of the batch, and recorded', async (t) => {
  const made = await world(t);
  const { record, totals } = await sealed(made);
  const [manifest, object, ...more] = await files(made);
  assert.deepEqual([more, totals.messages], [[], 2]);
  assert.match(object ?? '', new RegExp(`^.*/${year(made)}/${record.id}\\.mbox\\.zst$`));
  assert.match(manifest ?? '', new RegExp(`^.*/${year(made)}/${record.id}.*manifest\\.jsonl\\.zst$`));
  const known = await made.catalog.archive(record.id);
  assert.deepEqual([known?.key, known?.manifestKey, known?.state], [object, manifest, 'sealed']);
});

test('the year is that of the batch, also when it is sealed after New Year', async (t) => {
  const made = await world(t);
  const created = made.now;
  const before = year(made);
  pass(made, 366);
  await sealed(made, { changes: { created } });
  assert.ok((await files(made)).every((name) => name.includes(`/${before}/`)));
});

test('the batch is closed by the record of its archive', async (t) => {
  const made = await world(t);
  await made.catalog.createBatch(batch('key-1', { ...made.account, mailboxId: null }));
  await sealed(made, { changes: { key: 'key-1' } });
  assert.deepEqual(await made.catalog.openBatches(made.account), []);
});

test('an object that a crash left without a manifest is adopted, not stored twice', async (t) => {
  const made = await world(t);
  const first = await sealed(made);
  const [manifest = '', object = ''] = await files(made);
  const before = await readFile(join(made.archiveDir, object));
  await rm(join(made.archiveDir, manifest));
  const second = await sealed(made);
  assert.equal(second.record.id, first.record.id);
  assert.deepEqual(await files(made), [manifest, object]);
  assert.deepEqual(await readFile(join(made.archiveDir, object)), before);
});

test('object and manifest that a crash left before the record are adopted both', async (t) => {
  const made = await world(t);
  await sealed(made);
  const before = await files(made);
  await sealed(made, { changes: { run: 'run-2' } });
  assert.deepEqual(await files(made), before);
});

test('only an archive that a batch made, and nothing that lay there had a part in, counts as seen by this catalog', async (t) => {
  const made = await world(t);
  const originOf = async (key: string | null): Promise<string | undefined> => {
    if (key !== null) await made.catalog.createBatch(batch(key, { ...made.account, mailboxId: null }));
    const { record } = await sealed(made, { changes: { key } });
    const known = await made.catalog.archive(record.id);
    // Its record starts over with the next one of the same mail.
    await made.catalog.setArchiveState(record.id, 'quarantined', 'bytes differ');
    return known?.origin;
  };
  assert.equal(await originOf('key-1'), 'sealed');
  assert.equal(await originOf('key-2'), 'adopted', 'object and manifest lay there');
  const [manifest = ''] = await files(made);
  await rm(join(made.archiveDir, manifest));
  assert.equal(await originOf('key-3'), 'adopted', 'the object lay there');
  assert.equal(await originOf(null), 'imported');
});

test('a manifest that lies there with other identities of the same mail is not adopted', async (t) => {
  const made = await world(t);
  await sealed(made);
  const [manifest = ''] = await files(made);
  const path = join(made.archiveDir, manifest);
  const { head, messages } = await parseManifest(await readFile(path));
  for (const forged of [
    { emailId: 'E9' },
    { headerSha256: sha256('ab'.repeat(32)) },
    { sizeMismatch: true },
  ]) {
    const lines = messages.map((line) => ({ ...line, ...forged }));
    await writeFile(path, await encodeManifest({ head, messages: lines }));
    const { record } = await sealed(made);
    assert.notEqual(record.manifestKey, manifest, JSON.stringify(forged));
    for (const name of await files(made))
      if (name !== manifest && name.includes('-2')) await rm(join(made.archiveDir, name));
  }
});

/** Puts objects of other mail under the first names that the archive would take. */
async function blocked(made: AccountWorld, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    await sealed(made);
    for (const name of await files(made)) {
      const path = join(made.archiveDir, name);
      await rm(path);
      if (!name.includes('manifest')) await writeFile(path, 'another object');
    }
  }
}

test('an archive whose manifest would not be readable is not stored', async (t) => {
  const made = await world(t);
  const line = (one: ManifestMessage): ManifestMessage => ({ ...one, date: 'yesterday' });
  await assert.rejects(sealed(made, { line }), { code: 'verify', message: /date.*nothing .* was stored/s });
  assert.deepEqual(await files(made), []);
});

test('an object of other mail under its name is not overwritten: the archive takes the next name', async (t) => {
  const made = await world(t);
  await blocked(made, 1);
  const [stranger = ''] = await files(made);
  const { record } = await sealed(made);
  assert.match(await readFile(join(made.archiveDir, stranger), 'utf8'), /^another object/);
  const others = (await files(made)).filter((name) => name !== stranger);
  assert.equal(others.length, 2);
  assert.ok(others.includes(record.manifestKey));
});

test('when all names are taken by other objects, nothing is overwritten, and a person is asked to look', async (t) => {
  const made = await world(t);
  await blocked(made, 9);
  const before = await files(made);
  await assert.rejects(sealed(made), {
    code: 'store',
    message: /9 other objects .* Look at the store by hand/,
  });
  assert.deepEqual(await files(made), before);
});

test('the id is of the mail, not of the moment: other mail gets another one', async (t) => {
  const made = await world(t);
  const one = await sealed(made);
  made.now = new Date(made.now.getTime() + 5_000);
  const again = await sealed(made, { changes: { run: 'run-2' } });
  const other = await sealed(made, { texts: [text(1), text(3)] });
  assert.equal(one.record.id, again.record.id);
  assert.notEqual(one.record.id, other.record.id);
});
