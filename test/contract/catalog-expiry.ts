import assert from 'node:assert/strict';
import test from 'node:test';
import { uid } from '../../src/domain/brands.ts';
import { alice, batch, bob, day, digest, inbox, manifest, numbered } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

/** What is forgotten: expired archives, and quarantines that are lifted. */
export function expiryContract(name: string, make: MakeCatalog): void {
  test(`${name}: the messages of an expired archive are forgotten, its record stays`, async (t) => {
    const catalog = await make(t);
    const old = manifest(numbered(1, 3));
    const other = manifest(numbered(4, 5));
    for (const each of [old, other]) {
      await catalog.addArchive(each, 'm', null);
      await catalog.markVerified(each.head.id, day(3), true);
    }
    await catalog.setDeleteState(old.head.id, [2], 'deleting', day(4), null);
    await assert.rejects(catalog.forgetMessages(old.head.id), { code: 'database' });
    await assert.rejects(catalog.forgetMessages(digest('other')), { code: 'database' });
    await catalog.setArchiveState(old.head.id, 'expired', 'retain: 5y');
    await catalog.forgetMessages(old.head.id);
    await catalog.forgetMessages(old.head.id);
    assert.deepEqual(
      (await catalog.lines(old.head.id)).map((line) => line.uid),
      [3],
      'an open intent stays',
    );
    assert.equal((await catalog.archive(old.head.id))?.messages, 3);
    const found = await catalog.search({ words: ['subject'] });
    assert.deepEqual(
      found.map(({ archive }) => archive),
      [other.head.id, other.head.id],
    );
  });

  test(`${name}: an expired archive of which nothing was removed gets its state back`, async (t) => {
    const catalog = await make(t);
    const old = manifest(numbered(1, 3));
    const { id } = old.head;
    await catalog.addArchive(old, 'm', null);
    await catalog.markVerified(id, day(3), true);
    const [record] = await catalog.archives();
    assert.ok(record !== undefined);
    await assert.rejects(catalog.reinstate(record), { code: 'database' });
    await catalog.setArchiveState(id, 'expired', 'retain: 5y');
    await catalog.reinstate(record);
    assert.deepEqual(await catalog.archive(id), record);
    assert.deepEqual(
      (await catalog.deleteEntries(id, ['abandoned'])).map(({ line }) => line),
      [0, 1, 2],
      'what was given up stays so',
    );
  });

  test(`${name}: an expired archive comes back when its mail is archived anew, not by a reindex`, async (t) => {
    const catalog = await make(t);
    const old = manifest(numbered(1, 3));
    const { id } = old.head;
    await catalog.addArchive(old, 'm1', null);
    await catalog.markVerified(id, day(3), true);
    await catalog.setArchiveState(id, 'expired', 'retain: 5y');
    await catalog.forgetMessages(id);
    await catalog.addArchive(old, 'm1', null);
    assert.equal((await catalog.archive(id))?.state, 'expired');
    await catalog.addArchive(old, 'm1', null, null, 'sealed');
    assert.equal((await catalog.archive(id))?.state, 'sealed', 'an import has no batch');
    assert.equal((await catalog.lines(id)).length, 3);
    await catalog.setArchiveState(id, 'expired', 'erased');
    await catalog.createBatch(batch('b1'));
    await catalog.addArchive(manifest(numbered(1, 3), { created: day(9).toISOString() }), 'm2', 'b1');
    const again = await catalog.archive(id);
    assert.deepEqual(
      [again?.state, again?.stateReason, again?.verifiedAt, again?.created, again?.manifestKey],
      ['sealed', null, null, day(9), 'm2'],
    );
    assert.deepEqual(await catalog.openBatches(alice), []);
    assert.equal((await catalog.search({ words: ['subject'] })).length, 3);
    await catalog.markVerified(id, day(10), true);
    assert.equal((await catalog.deleteEntries(id, ['pending'])).length, 3);
  });

  test(`${name}: quarantined UIDs are listed by account, and lifted one by one`, async (t) => {
    const catalog = await make(t);
    const first = { ...inbox, uid: uid(5), reason: 'short literal', at: day(1) };
    const second = { ...inbox, mailboxId: null, uid: uid(4), reason: 'odd', at: day(2) };
    const third = { ...inbox, ...bob, uid: uid(5), reason: 'short literal', at: day(3) };
    for (const entry of [third, second, first]) await catalog.quarantineUid(entry);
    assert.equal((await catalog.quarantineList()).length, 3);
    assert.deepEqual(await catalog.quarantineList([]), []);
    assert.deepEqual(await catalog.quarantineList([bob]), [third]);
    await catalog.liftQuarantine([first, { ...first, uid: uid(6) }, { ...first, folder: 'nowhere' }]);
    assert.deepEqual(await catalog.quarantineList([alice]), [second]);
    assert.deepEqual([...(await catalog.quarantinedUids(inbox))], []);
  });
}
