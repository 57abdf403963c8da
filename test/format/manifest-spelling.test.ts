import assert from 'node:assert/strict';
import test from 'node:test';
import { archiveId } from '../../src/format/archive-id.ts';
import type { Manifest, ManifestHead } from '../../src/format/manifest-types.ts';
import { parseManifest } from '../../src/format/manifest-parse.ts';
import { encodeManifest, manifestDigest } from '../../src/format/manifest.ts';
import { manifest, numbered } from '../contract/catalog-samples.ts';

function made(changes: Partial<ManifestHead> = {}): Manifest {
  const { head, messages } = manifest(numbered(1, 2), changes);
  return { head: { ...head, id: archiveId(head, messages) }, messages };
}

test('delimiter and prefix of the folder come back, and a manifest without them keeps its digest', async () => {
  const old = await parseManifest(await encodeManifest(made()));
  assert.ok(!('delimiter' in old.head) && !('prefix' in old.head));
  assert.equal(
    await manifestDigest(await parseManifest(await encodeManifest(old))),
    await manifestDigest(old),
  );
  for (const delimiter of ['.', null]) {
    const spelled = made({ delimiter, prefix: 'INBOX.' });
    const read = await parseManifest(await encodeManifest(spelled));
    assert.deepEqual(read, spelled);
    assert.equal(
      await manifestDigest(await parseManifest(await encodeManifest(read))),
      await manifestDigest(read),
    );
    assert.notEqual(await manifestDigest(read), await manifestDigest(old));
    assert.equal(read.head.id, old.head.id, 'the ID does not depend on them');
  }
});

test('a prefix without bounds is refused', async () => {
  const long = await encodeManifest(made({ delimiter: '.', prefix: 'x'.repeat(20_000) }));
  await assert.rejects(async () => await parseManifest(long), {
    code: 'verify',
    message: /prefix has a wrong value/,
  });
});
