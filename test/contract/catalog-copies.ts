import assert from 'node:assert/strict';
import test from 'node:test';
import { type Sha256, uid, uidValidity } from '../../src/domain/brands.ts';
import type { Catalog, DeleteChange } from '../../src/ports/catalog.ts';
import type { DeleteState } from '../../src/ports/records.ts';
import { bob, day, digest, inbox, manifest, numbered } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

const three = manifest(numbered(1, 3));
const { id } = three.head;

/** Which lines count as copies of a message, and which of them waits. */
export function copyContract(name: string, make: MakeCatalog): void {
  test(`${name}: copies count in verified archives of the same policy, store and folder identity only`, async (t) => {
    const catalog = await make(t);
    await catalog.addArchive(three, 'm1', null);
    const allUids = [uid(1), uid(2), uid(3), uid(4)];
    assert.deepEqual(await catalog.copiesOf('old', 'local', inbox, allUids), []);
    await catalog.markVerified(id, day(3), true);
    await catalog.setDeleteState(id, [0], at('gone', day(4)));
    const copies = await catalog.copiesOf('old', 'local', inbox, allUids);
    assert.deepEqual(
      copies.map((copy) => [copy.line, copy.uid, copy.state]),
      [
        [0, 1, 'gone'],
        [1, 2, 'pending'],
        [2, 3, 'pending'],
      ],
    );
    assert.deepEqual(
      (await catalog.copiesOf('old', 'local', inbox, [uid(3)])).map((copy) => copy.uid),
      [3],
    );
    assert.deepEqual(await catalog.copiesOf('other', 'local', inbox, allUids), []);
    assert.deepEqual(await catalog.copiesOf('old', 'cold', inbox, allUids), []);
    const others = [
      { uidValidity: uidValidity(8) },
      { mailboxId: null },
      { mailboxId: 'M2' },
      { folder: 'X' },
      bob,
    ];
    for (const other of others) {
      assert.deepEqual(await catalog.copiesOf('old', 'local', { ...inbox, ...other }, allUids), []);
    }
  });

  test(`${name}: a message that waits in one verified archive does not wait in a second one`, async (t) => {
    const catalog = await verified(make, t);
    const again = manifest(three.messages.slice(1), { id: digest('again'), key: 'again' });
    const elsewhere = manifest(three.messages.slice(1), { id: digest('cold'), key: 'cold', store: 'cold' });
    for (const one of [again, elsewhere]) {
      await catalog.addArchive(one, `${one.head.key}.m`, null);
      await catalog.setDeleteState(id, [2], at('gone', day(4)));
      await catalog.markVerified(one.head.id, day(5), true);
    }
    const waiting = async (archive: Sha256): Promise<readonly number[]> =>
      (await catalog.deleteEntries(archive, ['pending'])).map((entry) => entry.uid);
    assert.deepEqual(await waiting(id), [1, 2]);
    assert.deepEqual(await waiting(again.head.id), [3], 'UID 2 waits already');
    assert.deepEqual(await waiting(elsewhere.head.id), [2, 3], 'another store is another copy');
  });

  test(`${name}: a line shown not to be what the server has is no copy`, async (t) => {
    const catalog = await verified(make, t);
    await catalog.setDeleteState(id, [1], {
      state: 'abandoned',
      at: day(4),
      reason: { code: 'copy-differs' },
    });
    const copies = await catalog.copiesOf('old', 'local', inbox, [uid(1), uid(2), uid(3)]);
    assert.deepEqual(
      copies.map((copy) => copy.uid),
      [1, 3],
    );
  });
}

async function verified(make: MakeCatalog, t: Parameters<MakeCatalog>[0]): Promise<Catalog> {
  const catalog = await make(t);
  await catalog.addArchive(three, 'm1', null);
  await catalog.markVerified(id, day(3), true);
  return catalog;
}

function at(state: DeleteState, when: Date, detail: string | null = null): DeleteChange {
  return { state, at: when, reason: detail === null ? null : { code: 'other', detail } };
}
