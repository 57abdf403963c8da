/** Only an object that this run read, and whose file nothing touched since, need not be read again (SAFETY step 9). */
import assert from 'node:assert/strict';
import { linkSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { sha256 } from '../../src/domain/brands.ts';
import { localStore } from '../../src/store/local.ts';
import { ReadBack } from '../../src/work/read-back.ts';

const key = 'alice/x.mbox.zst';
const record = { id: sha256('a'.repeat(64)), key, manifestSha256: sha256('b'.repeat(64)) };
const now = new Date();
const old = new Date('2020-01-01');

async function remembered(t: test.TestContext) {
  const path = mkdtempSync(join(tmpdir(), 'read-back-'));
  t.after(() => rmSync(path, { recursive: true }));
  const store = localStore({ name: 'local', path, ephemeral: true });
  await store.putBytes(key, Buffer.from('an archive'));
  // Older than the file system's clock is coarse.
  await delay(80);
  const seen = new ReadBack();
  const fingerprint = await store.fingerprint(key);
  assert.notEqual(fingerprint, null);
  seen.remember(record, fingerprint, await store.fingerprint(key), now);
  return { store, seen, file: join(path, key) };
}

test('an untouched file is the one that was read', async (t) => {
  const { store, seen } = await remembered(t);
  assert.equal(await seen.isUnchanged(store, record, now), true);
});

const changes: readonly (readonly [string, (file: string) => void])[] = [
  [
    'one byte, with its size and times as they were',
    (file) => {
      const data = readFileSync(file);
      data[0] = 0;
      writeFileSync(file, data);
      utimesSync(file, old, old);
    },
  ],
  ['its times', (file) => utimesSync(file, old, old)],
  [
    'its place: another file of the same bytes',
    (file) => {
      writeFileSync(`${file}.copy`, readFileSync(file));
      renameSync(`${file}.copy`, file);
    },
  ],
  ['the number of its names', (file) => linkSync(file, `${file}.link`)],
  ['everything: it is gone', (file) => rmSync(file)],
];

for (const [what, change] of changes) {
  test(`a file is read again when something changed ${what}`, async (t) => {
    const { store, seen, file } = await remembered(t);
    change(file);
    assert.equal(await seen.isUnchanged(store, record, now), false);
    await delay(80);
    assert.equal(await seen.isUnchanged(store, record, now), false);
  });
}

test('what was changed while it was read, or just before, is not remembered', async (t) => {
  const { store, file } = await remembered(t);
  const before = await store.fingerprint(key);
  writeFileSync(file, 'an archiwe');
  assert.equal(await store.fingerprint(key), null, 'a change right now might not show');
  await delay(80);
  const seen = new ReadBack();
  seen.remember(record, before, await store.fingerprint(key), now);
  assert.equal(await seen.isUnchanged(store, record, now), false);
  seen.remember(record, null, null, now);
  assert.equal(await seen.isUnchanged(store, record, now), false);
});

test('another archive, manifest or key, a day, or a clock that was set back need a reading', async (t) => {
  const { store, seen } = await remembered(t);
  const other = sha256('c'.repeat(64));
  const later = (ms: number) => new Date(now.getTime() + ms);
  for (const asked of [
    { ...record, id: other },
    { ...record, manifestSha256: other },
    { ...record, key: 'b/y' },
  ])
    assert.equal(await seen.isUnchanged(store, asked, now), false);
  assert.equal(await seen.isUnchanged(store, record, later(-1)), false);
  assert.equal(await seen.isUnchanged(store, record, later(86_400_000)), false);
  assert.equal(await seen.isUnchanged(store, record, later(86_399_000)), true);
});
