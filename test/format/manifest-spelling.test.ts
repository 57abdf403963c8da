import assert from 'node:assert/strict';
import test from 'node:test';
import { archiveId } from '../../src/format/archive-id.ts';
import type { Manifest, ManifestHead } from '../../src/format/manifest-types.ts';
import { encodeManifest, manifestDigest, parseManifest } from '../../src/format/manifest.ts';
import { manifest, numbered } from '../contract/catalog-samples.ts';

function made(changes: Partial<ManifestHead> = {}): Manifest {
  const { head, messages } = manifest(numbered(1, 2), changes);
  return { head: { ...head, id: archiveId(head, messages) }, messages };
}

test('delimiter and prefix of the folder come back, and a manifest without them keeps its digest', () => {
  const old = parseManifest(encodeManifest(made()));
  assert.ok(!('delimiter' in old.head) && !('prefix' in old.head));
  assert.equal(manifestDigest(parseManifest(encodeManifest(old))), manifestDigest(old));
  for (const delimiter of ['.', null]) {
    const spelled = made({ delimiter, prefix: 'INBOX.' });
    const read = parseManifest(encodeManifest(spelled));
    assert.deepEqual(read, spelled);
    assert.equal(manifestDigest(parseManifest(encodeManifest(read))), manifestDigest(read));
    assert.notEqual(manifestDigest(read), manifestDigest(old));
    assert.equal(read.head.id, old.head.id, 'the ID does not depend on them');
  }
});

test('a prefix without bounds is refused', () => {
  const long = encodeManifest(made({ delimiter: '.', prefix: 'x'.repeat(20_000) }));
  assert.throws(() => parseManifest(long), { code: 'verify', message: /prefix has a wrong value/ });
});
