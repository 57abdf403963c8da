import assert from 'node:assert/strict';
import test from 'node:test';
import type { Catalog, DeleteChange } from '../../src/ports/catalog.ts';
import type { DeleteState } from '../../src/ports/records.ts';
import { alice, bob, day, digest, inbox, manifest, message, numbered } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

const states: readonly DeleteState[] = ['none', 'pending', 'deleting', 'deleted', 'gone', 'abandoned'];
const three = manifest(numbered(1, 3));
const { id } = three.head;

/** The delete half: what may be deleted, and what became of it. */
export function deleteContract(name: string, make: MakeCatalog): void {
  test(`${name}: lines become pending when their archive is verified, for a policy that deletes`, async (t) => {
    const catalog = await make(t);
    await catalog.addArchive(three, 'm1', null);
    assert.deepEqual(await stateList(catalog), ['none', 'none', 'none']);
    await catalog.markVerified(id, day(3), false);
    assert.deepEqual(await stateList(catalog), ['none', 'none', 'none']);
    await catalog.markVerified(id, day(4), true);
    assert.deepEqual(await stateList(catalog), ['pending', 'pending', 'pending']);
    const [entry] = await catalog.deleteEntries(id, ['pending']);
    const line = message(1);
    assert.deepEqual(entry, {
      archive: id,
      line: 0,
      uid: line.uid,
      sha256: line.sha256,
      headerSha256: line.headerSha256,
      size: line.size,
      internalDate: day(1),
      flags: line.flags,
      emailId: 'E1',
      sizeMismatch: false,
      state: 'pending',
      pendingSince: day(4),
      reason: null,
    });
    await catalog.setDeleteState(id, [0], at('deleting', day(5)));
    assert.deepEqual(
      await catalog.pendingLines(id),
      [1, 2].map((place) => ({ line: place, size: message(place + 1).size, pendingSince: day(4) })),
    );
  });

  test(`${name}: verifying again tells the new time and leaves every line where it stands`, async (t) => {
    const catalog = await verified(make, t);
    await catalog.setDeleteState(id, [1], at('abandoned', day(5), 'held'));
    await catalog.markVerified(id, day(9), true);
    assert.deepEqual((await catalog.archive(id))?.verifiedAt, day(9));
    assert.deepEqual(await stateList(catalog), ['pending', 'abandoned', 'pending']);
    assert.deepEqual((await catalog.deleteEntries(id, ['pending']))[0]?.pendingSince, day(3));
  });

  test(`${name}: an intent to delete needs a verified archive`, async (t) => {
    const catalog = await make(t);
    await catalog.addArchive(three, 'm1', null);
    await catalog.setDeleteState(id, [0], at('pending', day(3)));
    await assert.rejects(catalog.setDeleteState(id, [0], at('deleting', day(4))), {
      code: 'database',
    });
    await catalog.markVerified(id, day(3), true);
    await catalog.setArchiveState(id, 'quarantined', 'bytes differ');
    await catalog.setDeleteState(id, [0], at('pending', day(4)));
    await assert.rejects(catalog.setDeleteState(id, [0], at('deleting', day(4))), {
      code: 'database',
    });
    assert.deepEqual(await catalog.deleteEntries(id, ['deleting']), []);
  });

  test(`${name}: an intent is all or nothing: one line that is not pending refuses it`, async (t) => {
    for (const state of states.filter((other) => other !== 'pending' && other !== 'deleting')) {
      const catalog = await verified(make, t);
      await catalog.setDeleteState(id, [2], at(state, day(5), 'for the test'));
      await assert.rejects(catalog.setDeleteState(id, [0, 1, 2], at('deleting', day(6))), {
        code: 'database',
      });
      assert.deepEqual(await stateList(catalog), ['pending', 'pending', state]);
    }
  });

  test(`${name}: an intent may be repeated, and names lines more than once`, async (t) => {
    const catalog = await verified(make, t);
    await catalog.setDeleteState(id, [0, 1, 0], at('deleting', day(6)));
    await catalog.setDeleteState(id, [1, 2], at('deleting', day(7)));
    assert.deepEqual(await stateList(catalog), ['deleting', 'deleting', 'deleting']);
    assert.deepEqual((await catalog.deleteEntries(id, ['deleting']))[0]?.pendingSince, day(3));
  });

  test(`${name}: a line that does not exist takes no state, nor do the lines beside it`, async (t) => {
    const catalog = await verified(make, t);
    for (const state of states) {
      await assert.rejects(catalog.setDeleteState(id, [0, 3], at(state, day(5))), {
        code: 'database',
      });
    }
    assert.deepEqual(await stateList(catalog), ['pending', 'pending', 'pending']);
    await assert.rejects(catalog.setDeleteState(digest('x'), [0], at('gone', day(5))), {
      code: 'database',
    });
  });

  test(`${name}: back to pending starts the grace anew; other states keep the reason they are given`, async (t) => {
    const catalog = await verified(make, t);
    await catalog.setDeleteState(id, [0], at('abandoned', day(5), 'flagged since'));
    assert.deepEqual(
      (await catalog.deleteEntries(id, ['abandoned']))[0]?.reason,
      at('abandoned', day(5), 'flagged since').reason,
    );
    await catalog.setDeleteState(id, [0], at('pending', day(8)));
    const [entry] = await catalog.deleteEntries(id, ['pending']);
    assert.deepEqual([entry?.pendingSince, entry?.reason], [day(8), null]);
    await catalog.setDeleteState(id, [], at('deleted', day(9)));
    assert.deepEqual(await catalog.deleteEntries(id, []), []);
  });

  test(`${name}: a quarantined or expired archive gives up its pending lines, with the reason`, async (t) => {
    for (const state of ['quarantined', 'expired'] as const) {
      const catalog = await verified(make, t);
      await catalog.setDeleteState(id, [0], at('deleting', day(4)));
      await catalog.setDeleteState(id, [1], at('deleted', day(4)));
      await catalog.setArchiveState(id, state, 'bytes differ');
      assert.deepEqual(await stateList(catalog), ['deleting', 'deleted', 'abandoned']);
      const reason = { code: `archive-${state}`, detail: 'bytes differ' };
      assert.deepEqual((await catalog.deleteEntries(id, ['abandoned']))[0]?.reason, reason);
      assert.equal((await catalog.archive(id))?.stateReason, 'bytes differ');
      await catalog.setDeleteState(id, [0], at('abandoned', day(5), 'bytes differ'));
      assert.deepEqual(await catalog.archivesToPurge(alice), []);
    }
  });

  test(`${name}: what was read of another manifest says nothing of the archive as it is now`, async (t) => {
    const catalog = await verified(make, t);
    const read = (await catalog.archive(id))?.manifestSha256;
    await catalog.setArchiveState(id, 'quarantined', 'damaged', read);
    await catalog.addArchive(manifest(three.messages, { key: 'anew' }), 'm2', null);
    const anew = await catalog.archive(id);
    assert.equal(anew?.state, 'sealed');
    await assert.rejects(catalog.markVerified(id, day(5), true, read), { code: 'changed' });
    await assert.rejects(catalog.setArchiveState(id, 'quarantined', 'bad', read), { code: 'changed' });
    assert.deepEqual(await catalog.archive(id), anew);
    await catalog.markVerified(id, day(5), true, anew.manifestSha256);
    assert.equal((await catalog.archive(id))?.state, 'verified');
  });

  test(`${name}: a quarantined archive can be verified again, an expired one stays expired`, async (t) => {
    const catalog = await verified(make, t);
    await catalog.setArchiveState(id, 'quarantined', 'unreadable');
    await catalog.markVerified(id, day(5), true);
    const again = await catalog.archive(id);
    assert.deepEqual([again?.state, again?.stateReason], ['verified', null]);
    await catalog.setArchiveState(id, 'expired', 'retain: 5y');
    await assert.rejects(catalog.markVerified(id, day(6), true), { code: 'database' });
    await assert.rejects(catalog.setArchiveState(id, 'quarantined', 'gone'), { code: 'database' });
    await assert.rejects(catalog.markVerified(digest('x'), day(6), true), { code: 'database' });
    assert.equal((await catalog.archive(id))?.state, 'expired');
  });

  test(`${name}: an open intent is found whatever became of its archive`, async (t) => {
    const catalog = await verified(make, t);
    await catalog.setDeleteState(id, [0], at('deleting', day(4)));
    await catalog.setArchiveState(id, 'quarantined', 'truncated');
    const open = await catalog.archivesToPurge(inbox);
    assert.deepEqual(
      open.map((record) => [record.id, record.state]),
      [[id, 'quarantined']],
    );
    await catalog.setDeleteState(id, [0], at('deleted', day(5)));
    assert.deepEqual(await catalog.archivesToPurge(inbox), []);
  });

  test(`${name}: archives to purge are the verified ones with open work, and the totals add it up`, async (t) => {
    const catalog = await verified(make, t);
    const newer = manifest(numbered(10, 12), {
      created: day(5).toISOString(),
      folder: 'Sent',
      policy: 'big',
    });
    await catalog.addArchive(newer, 'm2', null);
    assert.deepEqual(
      (await catalog.archivesToPurge(alice)).map((archive) => archive.id),
      [id],
    );
    await catalog.markVerified(newer.head.id, day(6), true);
    await catalog.setDeleteState(id, [0], at('deleting', day(6)));
    assert.deepEqual(
      (await catalog.archivesToPurge(alice)).map((archive) => archive.id),
      [id, newer.head.id],
    );
    assert.deepEqual(await catalog.pendingTotals(alice), [
      { policy: 'big', folder: 'Sent', messages: 3, bytes: 3033, since: day(6) },
      { policy: 'old', folder: 'INBOX', messages: 3, bytes: 3006, since: day(3) },
    ]);
    await catalog.setDeleteState(id, [0, 1], at('deleted', day(7)));
    assert.deepEqual((await catalog.pendingTotals(alice))[1]?.bytes, 1003);
    await catalog.setDeleteState(id, [2], at('abandoned', day(7), 'held'));
    assert.deepEqual(
      (await catalog.archivesToPurge(alice)).map((archive) => archive.id),
      [newer.head.id],
    );
    assert.deepEqual([await catalog.archivesToPurge(bob), await catalog.pendingTotals(bob)], [[], []]);
  });
}

async function verified(make: MakeCatalog, t: Parameters<MakeCatalog>[0]): Promise<Catalog> {
  const catalog = await make(t);
  await catalog.addArchive(three, 'm1', null);
  await catalog.markVerified(id, day(3), true);
  return catalog;
}

async function stateList(catalog: Catalog): Promise<readonly DeleteState[]> {
  return (await catalog.deleteEntries(id, states)).map((entry) => entry.state);
}

function at(state: DeleteState, when: Date, detail: string | null = null): DeleteChange {
  return { state, at: when, reason: detail === null ? null : { code: 'other', detail } };
}
