import assert from 'node:assert/strict';
import test from 'node:test';
import { sha256 } from '../../src/domain/brands.ts';
import {
  archiveKey,
  isArchiveKey,
  isEncryptedKey,
  isManifestKey,
  manifestKey,
  receiptPrefix,
} from '../../src/format/archive-key.ts';
import { isStoreKey } from '../../src/store/store-key.ts';

const id = sha256('ab'.repeat(32));
const place = {
  server: 'main',
  account: 'alice@example.com',
  folder: 'INBOX',
  year: 2026,
  id,
  format: 'mbox',
  compression: 'zstd',
} as const;

const hostile = [
  '../x', '..', '.', '', '/', '/etc/passwd', 'a/b', 'a\\b', 'a\0b', 'a\0', 'x'.repeat(300), 'x'.repeat(301),
  'caf\u00e9', 'cafe\u0301', 'Inbox', 'INBOX', 'inbox', 'a.', 'a..', 'a ', 'a', ' a', 'CON', 'con', 'NUL.txt', 'COM1',
  '\ud800', '\ud801', '\u202etxt', '日本語', '日本', '&-', 'a&AOk-b', 'a:b', 'a*b', '-a', 'a-', '--', '~', '$HOME', 'a\nb',
]; // prettier-ignore

test('no folder or account name escapes or collides', () => {
  const byFolder = hostile.map((folder) => archiveKey({ ...place, folder }));
  const byAccount = hostile.map((account) => archiveKey({ ...place, account }));
  for (const key of [...byFolder, ...byAccount]) {
    assert.match(key, /^[a-z0-9-]{10,51}\/[a-z0-9-]{10,51}\/2026\/[0-9a-f]{64}\.mbox\.zst$/);
    assert.ok(isStoreKey(key));
  }
  // Case must not be what keeps two names apart.
  assert.equal(new Set(byFolder.map((key) => key.toLowerCase())).size, hostile.length);
  assert.equal(new Set(byAccount).size, hostile.length);
  assert.notEqual(archiveKey({ ...place, server: 'other' }), archiveKey(place));
});

test('names stay readable', () => {
  const key = archiveKey({ ...place, folder: 'Projekte/Größe é 2020' });
  assert.match(key, /^alice-example-com-[0-9a-f]{10}\/projekte-gro-e-e-2020-[0-9a-f]{10}\/2026\//);
});

test('an object, its manifest and its receipts stand beside each other', () => {
  for (const [format, compression, extension] of [
    ['mbox', 'zstd', '.mbox.zst'],
    ['mbox', 'gzip', '.mbox.gz'],
    ['mbox', 'none', '.mbox'],
    ['maildir-tar', 'zstd', '.maildir.tar.zst'],
    ['maildir-tar', 'gzip', '.maildir.tar.gz'],
    ['maildir-tar', 'none', '.maildir.tar'],
    ['eml-zip', 'deflate', '.eml.zip'],
    ['eml-zip', 'none', '.eml.zip'],
  ] as const) {
    const key = archiveKey({ ...place, format, compression, attempt: 2 });
    assert.ok(key.endsWith(`/${id}-2${extension}`));
    const stem = key.slice(0, -extension.length);
    assert.equal(manifestKey(key), `${stem}.manifest.jsonl.zst`);
    assert.equal(receiptPrefix(key), `${stem}.receipts/`);
    assert.deepEqual([isArchiveKey(key), isManifestKey(key)], [true, false]);
    assert.deepEqual([isArchiveKey(manifestKey(key)), isManifestKey(manifestKey(key))], [false, true]);
  }
  assert.equal(archiveKey({ ...place, attempt: 1 }), archiveKey(place));
  assert.throws(() => manifestKey('a/b.zip'), RangeError);
  assert.throws(() => archiveKey({ ...place, format: 'eml-zip' }), { code: 'unsupported' });
});

test('an encrypted archive has the same names with .age behind them, and its receipts in the same place', () => {
  const [plain, key] = [archiveKey(place), archiveKey({ ...place, encrypted: true })];
  assert.equal(key, `${plain}.age`);
  assert.equal(manifestKey(key), `${manifestKey(plain)}.age`);
  assert.equal(receiptPrefix(key), receiptPrefix(plain));
  assert.ok(isArchiveKey(key) && isManifestKey(manifestKey(key)));
  assert.ok(!isArchiveKey(manifestKey(key)) && !isManifestKey(key) && !isArchiveKey('x.age'));
  assert.deepEqual([plain, key, manifestKey(key)].map(isEncryptedKey), [false, true, true]);
});
