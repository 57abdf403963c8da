import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { MothballError } from '../../src/errors.ts';
import { expireStore } from '../../src/expire/expire.ts';
import { manifestKey } from '../../src/format/archive-key.ts';
import type { RemovableStore } from '../../src/ports/store.ts';
import { alice } from '../contract/catalog-samples.ts';
import { expireSite, type ExpireSite, idOf, locking, usual } from './world.ts';

/** So many archives that are old, and so many that are young. */
async function filled(
  t: TestContext,
  old: number,
  young: number,
  wrap: (store: RemovableStore) => RemovableStore = (store) => store,
): Promise<ExpireSite> {
  const site = await expireSite(t, wrap);
  for (let number = 1; number <= old; number += 1) await site.add(number, 40);
  for (let number = 1; number <= young; number += 1) await site.add(old + number, 20);
  return site;
}

const until = new Date('2030-01-01T00:00:00Z');

test('up to the limit archives go, beyond it none goes', async (t) => {
  const fine = await filled(t, 2, 8);
  const report = await expireStore(fine.work, usual);
  assert.deepEqual([report?.removed.length, report?.kept.length, report?.limits], [2, 8, []]);
  assert.equal((await fine.keys()).length, 16);

  const many = await filled(t, 3, 7);
  const stopped = await expireStore(many.work, usual);
  assert.deepEqual(
    [stopped?.removed, stopped?.limits.map(({ of, wanted }) => [of, wanted])],
    [
      [],
      [
        ['archives', 30],
        ['bytes', 30],
      ],
    ],
  );
  assert.equal((await many.keys()).length, 20);
  assert.equal((await expireStore(many.work, { ...usual, liftLimits: true }))?.removed.length, 3);
});

test('an archive under object lock stays whole, whichever of its files is locked', async (t) => {
  for (const part of ['.mbox', '.manifest']) {
    const site = await filled(t, 1, 9, locking(part, { mode: 'GOVERNANCE', until }));
    const report = await expireStore(site.work, usual);
    assert.deepEqual(report?.removed, []);
    assert.ok(
      report.kept.some(
        ({ reason }) => reason === 'under object lock (GOVERNANCE) until 2030-01-01T00:00:00.000Z',
      ),
    );
    assert.equal((await site.keys()).length, 20);
  }
});

test('an archive that can not be judged stays and is told; the others go', async (t) => {
  const site = await filled(t, 2, 18);
  const id = idOf(1);
  const failing = locking(id, new MothballError('403 Forbidden', { code: 'store' }));
  const report = await expireStore({ ...site.work, store: failing(site.store) }, usual);
  assert.deepEqual(
    report?.removed.map(({ record }) => record.id),
    [idOf(2)],
  );
  assert.match(report.errors.map(({ message }) => message).join(), /is kept: 403 Forbidden/);
});

test('an archive whose account is at work stays and is told', async (t) => {
  const site = await filled(t, 1, 9);
  const lock = await site.work.locks.account(alice);
  const report = await expireStore(site.work, usual);
  assert.deepEqual([report?.removed.length, report?.errors.map(({ code }) => code)], [0, ['locked']]);
  await lock?.[Symbol.asyncDispose]();
  assert.equal((await expireStore(site.work, usual))?.removed.length, 1);
});

test('a store that another process works on is left alone', async (t) => {
  const site = await filled(t, 1, 9);
  await using lock = await site.work.locks.store('local');
  assert.ok(lock !== null);
  assert.equal(await expireStore(site.work, usual), null);
  assert.equal((await site.keys()).length, 20);
});

test('a quarantined archive goes only when that is asked for', async (t) => {
  const site = await filled(t, 1, 9);
  const [old] = (await site.work.catalog.archives()).filter(
    ({ created }) => created < new Date('2026-12-01'),
  );
  assert.ok(old !== undefined);
  await site.work.catalog.setArchiveState(old.id, 'quarantined', 'bytes differ');
  const kept = await expireStore(site.work, usual);
  assert.ok(kept?.kept.some(({ reason }) => reason === 'quarantined: bytes differ'));
  const gone = await expireStore(site.work, { ...usual, quarantined: true });
  assert.deepEqual(
    gone?.removed.map(({ record }) => record.id),
    [old.id],
  );
});

test('an older name of the archive goes too, and its own manifest last', async (t) => {
  const removed: string[] = [];
  const site = await filled(t, 1, 9, (store) => {
    const remove = store.remove.bind(store);
    store.remove = async (key) => {
      removed.push(key.replace(/^.*[0-9a-f]{64}/, ''));
      await remove(key);
    };
    return store;
  });
  const [{ key } = { key: '' }] = (await site.work.catalog.archives()).filter(
    ({ created }) => created < new Date('2026-12-01'),
  );
  const earlier = key.replace('.mbox', '-2.mbox');
  for (const name of [earlier, manifestKey(earlier)]) await site.store.putBytes(name, Buffer.from('damaged'));
  assert.equal((await expireStore(site.work, usual))?.removed.length, 1);
  assert.deepEqual(removed, ['-2.manifest.jsonl.zst', '.manifest.jsonl.zst', '-2.mbox.zst', '.mbox.zst']);
});
