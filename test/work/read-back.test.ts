/** Only an object that this run read, and whose file nothing touched since, need not be read again (SAFETY step 9). */
import assert from 'node:assert/strict';
import { linkSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { bytes, sha256, uid } from '../../src/domain/brands.ts';
import { localStore } from '../../src/store/local.ts';
import { ReadBack, seenManifest } from '../../src/work/read-back.ts';

const key = 'alice/x.mbox.zst';
const record = { id: sha256('a'.repeat(64)), key, manifestSha256: sha256('b'.repeat(64)) };
const now = new Date();
const old = new Date('2020-01-01');
const text = sha256('d'.repeat(64));
const lines = [1, 2, 3].map((number) => line(number));
const manifest = seenManifest(text, lines);

function line(number: number) {
  return {
    uid: uid(number),
    size: bytes(number * 5_000_000_000),
    sha256: sha256(`${number}`.repeat(64)),
    headerSha256: sha256(`${number}a`.repeat(32)),
  };
}

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
  seen.remember(record, { before: fingerprint, after: await store.fingerprint(key) }, now, manifest);
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

test('of a manifest that this run parsed, lines are known again until anything is different', async (t) => {
  const { store, seen, file } = await remembered(t);
  const known = { store, known: record, now };
  const entries = lines.map((message, index) => ({ ...message, line: index }));
  const [first, , third] = entries;
  assert.ok(first !== undefined && third !== undefined);
  assert.equal(await seen.stillSays(known, text, entries), true);
  assert.equal(await seen.stillSays(known, text, [third]), true);
  const others = [
    { ...first, line: 1 },
    { ...first, line: 3 },
    { ...first, line: -1 },
    { ...third, uid: uid(4) },
    { ...third, size: bytes(1) },
    { ...third, sha256: first.sha256 },
    { ...third, headerSha256: first.headerSha256 },
  ];
  for (const other of others) assert.equal(await seen.stillSays(known, text, [first, other]), false);
  assert.equal(await seen.stillSays(known, sha256('e'.repeat(64)), entries), false, 'another text');
  const another = { ...record, manifestSha256: sha256('c'.repeat(64)) };
  assert.equal(await seen.stillSays({ ...known, known: another }, text, entries), false, 'another manifest');
  utimesSync(file, old, old);
  await delay(80);
  assert.equal(await seen.stillSays(known, text, entries), false, 'another object');
});

test('only the lines of the archives that were read last are kept', async (t) => {
  const { store, seen } = await remembered(t);
  const fingerprint = await store.fingerprint(key);
  const records = Array.from({ length: 20 }, (_, index) => ({
    ...record,
    id: sha256(index.toString(16).padStart(64, '0')),
  }));
  for (const one of records) seen.remember(one, { before: fingerprint, after: fingerprint }, now, manifest);
  const entries = lines.map((message, index) => ({ ...message, line: index }));
  const kept = await Promise.all(
    records.map((known) => seen.stillSays({ store, known, now }, text, entries)),
  );
  assert.deepEqual(
    kept,
    records.map((_, index) => index >= 4),
  );
  for (const one of records) assert.equal(await seen.isUnchanged(store, one, now), true);
});

test('what was changed while it was read, or just before, is not remembered', async (t) => {
  const { store, file } = await remembered(t);
  const before = await store.fingerprint(key);
  writeFileSync(file, 'an archiwe');
  assert.equal(await store.fingerprint(key), null, 'a change right now might not show');
  await delay(80);
  const seen = new ReadBack();
  seen.remember(record, { before, after: await store.fingerprint(key) }, now);
  assert.equal(await seen.isUnchanged(store, record, now), false);
  seen.remember(record, { before: null, after: null }, now);
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
