import assert from 'node:assert/strict';
import test from 'node:test';
import { uid } from '../../src/domain/brands.ts';
import { alice, batch, bob, day, manifest, numbered } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

/** Batch records: durable before the first fetch, and what a resume goes by. */
export function batchContract(name: string, make: MakeCatalog): void {
  test(`${name}: an open batch comes back exactly as it was recorded, for its account only`, async (t) => {
    const catalog = await make(t);
    const first = batch('b1', { uids: [uid(9), uid(2)], mailboxId: null });
    const second = batch('b2', {
      created: day(2),
      deletes: false,
      spelling: null,
      format: 'eml-zip',
      compression: 'deflate',
    });
    await catalog.createBatch(second);
    await catalog.createBatch(first);
    await catalog.createBatch(batch('b3', bob));
    assert.deepEqual(await catalog.openBatches(alice), [first, second]);
  });

  test(`${name}: a closed batch is open no more, and the first outcome stays`, async (t) => {
    const catalog = await make(t);
    await catalog.createBatch(batch('b1'));
    await catalog.closeBatch('b1', 'abandoned', 'the folder is gone');
    await catalog.closeBatch('b1', 'sealed', null);
    assert.deepEqual(await catalog.openBatches(alice), []);
    await assert.rejects(catalog.closeBatch('other', 'sealed', null), { code: 'database' });
  });

  test(`${name}: sealing an archive closes its batch, also when the archive was known already`, async (t) => {
    const catalog = await make(t);
    const sealed = manifest(numbered(1, 3));
    await catalog.createBatch(batch('b1'));
    await catalog.addArchive(sealed, 'm1', 'b1');
    assert.deepEqual(await catalog.openBatches(alice), []);
    await catalog.createBatch(batch('b2'));
    await catalog.addArchive(sealed, 'm1', 'b2');
    assert.deepEqual(await catalog.openBatches(alice), []);
    assert.equal((await catalog.archives()).length, 1);
  });

  test(`${name}: an archive with an unknown batch is not recorded at all`, async (t) => {
    const catalog = await make(t);
    await assert.rejects(catalog.addArchive(manifest(numbered(1, 3)), 'm1', 'nowhere'), { code: 'database' });
    assert.deepEqual(await catalog.archives(), []);
  });
}
