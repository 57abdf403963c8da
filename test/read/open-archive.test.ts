import assert from 'node:assert/strict';
import test from 'node:test';
import { manifestKey } from '../../src/format/archive-key.ts';
import { encodeManifest } from '../../src/format/manifest.ts';
import { readManifest } from '../../src/read/open-archive.ts';
import { expireSite } from '../expire/world.ts';

test("another archive's manifest is not taken for this one's", async (t) => {
  const { store, add } = await expireSite(t, (local) => local);
  const [one, other] = [await add(1, 40), await add(2, 40)];
  const right = { id: one.head.id, manifestKey: manifestKey(one.head.key) };
  assert.deepEqual((await readManifest(store, right, null)).head, one.head);
  await store.remove(right.manifestKey);
  await store.putBytes(right.manifestKey, await encodeManifest(other));
  await assert.rejects(readManifest(store, right, null), { code: 'verify', message: /is that of archive/ });
});
