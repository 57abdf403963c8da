import assert from 'node:assert/strict';
import test from 'node:test';
import { alice, bob, day } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

/** Folders that a server refuses. */
export function refusalContract(name: string, make: MakeCatalog): void {
  const refusal = {
    ...alice,
    path: 'Öffentlich "x"',
    code: 'NOPERM',
    words: 'Permission denied',
    refused: true,
    stage: 'look',
    since: day(1),
    times: 1,
    next: day(2),
  } as const;

  test(`${name}: a refused folder is remembered by account and path, and forgotten alone`, async (t) => {
    const catalog = await make(t);
    await catalog.refuseFolder(refusal);
    await catalog.refuseFolder({ ...refusal, path: 'Other', refused: false, stage: 'fetch' });
    await catalog.refuseFolder({ ...refusal, ...bob });
    const again = { ...refusal, times: 2, next: day(4), words: 'No' };
    await catalog.refuseFolder(again);
    assert.deepEqual(await catalog.folderRefusals(alice), [
      { ...refusal, path: 'Other', refused: false, stage: 'fetch' },
      again,
    ]);
    await catalog.forgetRefusal(alice, refusal.path);
    assert.deepEqual(
      (await catalog.folderRefusals(alice)).map(({ path }) => path),
      ['Other'],
    );
    assert.equal((await catalog.folderRefusals(bob)).length, 1);
  });
}
