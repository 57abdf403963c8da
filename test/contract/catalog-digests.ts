import assert from 'node:assert/strict';
import test from 'node:test';
import { alice, bob, day, digest, manifest, message, numbered } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

const makers = ['old', 'other'];

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
    for (const one of [first, again, bobs]) await catalog.markVerified(one.head.id, day(3), false);
    const wanted = new Set([digest('message 2'), digest('message 3'), digest('nowhere')]);
    const held = await catalog.copiesHeld(alice, ['local'], makers, wanted);
    assert.deepEqual(
      held.copies,
      new Map([
        [digest('message 2'), 2],
        [digest('message 3'), 1],
      ]),
    );
    assert.deepEqual(held.archives, [
      { archive: first.head.id, folder: first.head.folder, messages: 2 },
      { archive: again.head.id, folder: 'Else', messages: 1 },
    ]);
    const none = { copies: new Map(), archives: [] };
    assert.deepEqual(await catalog.copiesHeld(alice, ['cold'], makers, wanted), none);
    assert.deepEqual(await catalog.copiesHeld(alice, [], makers, wanted), none);
    assert.deepEqual(
      (await catalog.copiesHeld(alice, ['local'], ['other'], wanted)).copies,
      new Map([[digest('message 2'), 1]]),
      'only what these policies made',
    );
  });

  test(`${name}: an archive that is not verified holds no copies`, async (t) => {
    const catalog = await make(t);
    const [bad, old, good] = [manifest(numbered(1, 1)), manifest(numbered(2, 2)), manifest(numbered(3, 3))];
    const unread = manifest(numbered(4, 4));
    for (const [index, one] of [bad, old, good, unread].entries())
      await catalog.addArchive(one, `m${index}`, null);
    await catalog.setArchiveState(bad.head.id, 'quarantined', 'damaged');
    await catalog.setArchiveState(old.head.id, 'expired', 'its time has come');
    await catalog.markVerified(good.head.id, day(3), false);
    const wanted = new Set([1, 2, 3, 4].map((number) => digest(`message ${number}`)));
    assert.deepEqual(
      (await catalog.copiesHeld(alice, ['local'], makers, wanted)).copies,
      new Map([[digest('message 3'), 1]]),
    );
  });
}
