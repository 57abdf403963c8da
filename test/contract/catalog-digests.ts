import assert from 'node:assert/strict';
import test from 'node:test';
import type { MakeCatalog } from './catalog.ts';
import { alice, bob, day, digest, manifest, message, numbered } from './catalog-samples.ts';

/** How every catalog finds messages by their bytes. */
export function digestContract(name: string, make: MakeCatalog): void {
  test(`${name}: copies held are counted for one account, by digest, over archives and policies`, async (t) => {
    const catalog = await make(t);
    const first = manifest(numbered(1, 3));
    const again = manifest([message(9, { sha256: digest('message 2') })], {
      policy: 'other',
      folder: 'Else',
    });
    const bobs = manifest([message(10, { sha256: digest('message 3') })], bob);
    for (const [index, one] of [first, again, bobs].entries())
      await catalog.addArchive(one, `m${index}`, null);
    const wanted = new Set([digest('message 2'), digest('message 3'), digest('nowhere')]);
    assert.deepEqual(
      await catalog.copiesHeld(alice, ['local'], wanted),
      new Map([
        [digest('message 2'), 2],
        [digest('message 3'), 1],
      ]),
    );
    assert.deepEqual(await catalog.copiesHeld(alice, ['cold'], wanted), new Map());
    assert.deepEqual(await catalog.copiesHeld(alice, [], wanted), new Map());
  });

  test(`${name}: a quarantined or expired archive holds no copies`, async (t) => {
    const catalog = await make(t);
    const [bad, old, good] = [manifest(numbered(1, 1)), manifest(numbered(2, 2)), manifest(numbered(3, 3))];
    for (const [index, one] of [bad, old, good].entries()) await catalog.addArchive(one, `m${index}`, null);
    await catalog.setArchiveState(bad.head.id, 'quarantined', 'damaged');
    await catalog.setArchiveState(old.head.id, 'expired', 'its time has come');
    await catalog.markVerified(good.head.id, day(3), false);
    const wanted = new Set([1, 2, 3].map((number) => digest(`message ${number}`)));
    assert.deepEqual(await catalog.copiesHeld(alice, ['local'], wanted), new Map([[digest('message 3'), 1]]));
  });
}
