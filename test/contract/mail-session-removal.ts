import assert from 'node:assert/strict';
import test from 'node:test';
import type { Uid } from '../../src/domain/brands.ts';
import type { MailSession } from '../../src/ports/mail.ts';
import { all, failsWith, freshUser, type MailWorld, message } from './mail-world.ts';

async function three(session: MailSession): Promise<readonly Uid[]> {
  for (const subject of ['one', 'two', 'three']) await session.append('INBOX', message(subject), [], null);
  await session.select('INBOX');
  return session.search([]);
}

function first(uids: readonly Uid[]): Uid {
  const [uid] = uids;
  assert.ok(uid !== undefined);
  return uid;
}

/** The part of the contract that changes mail. */
export function mailSessionRemoval(name: string, world: () => MailWorld): void {
  test(`${name}: only marked UIDs of the set are expunged; another client's \\Deleted survives`, async () => {
    const user = freshUser();
    await using session = await world().open(user);
    const uids = await three(session);
    const raw = await world().raw(user);
    await raw.select('INBOX');
    await raw.command(`UID STORE ${uids[2]} +FLAGS (\\Deleted)`);
    assert.deepEqual(await session.markDeleted([first(uids)], null), []);
    await session.expunge([first(uids)]);
    await session.examine('INBOX');
    assert.deepEqual(await session.search([]), uids.slice(1));
    assert.deepEqual(
      (await raw.fetchAll('INBOX')).map(({ flags }) => flags),
      [[], ['\\Deleted']],
    );
    raw.close();
  });

  test(`${name}: a mark is taken back`, async () => {
    await using session = await world().open(freshUser());
    const uids = await three(session);
    await session.markDeleted(uids, null);
    await session.unmarkDeleted(uids);
    assert.ok(
      (await all(session.fetchMeta(uids))).every(({ flags }) => flags?.includes('\\deleted') === false),
    );
  });

  test(`${name}: a message changed since SELECT answers MODIFIED and is not marked`, async () => {
    const user = freshUser();
    await using session = await world().open(user);
    const uids = await three(session);
    const { highestModseq } = await session.select('INBOX');
    assert.ok(highestModseq !== null);
    const raw = await world().raw(user);
    await raw.select('INBOX');
    await raw.command(`UID STORE ${uids[1]} +FLAGS (\\Flagged)`);
    raw.close();
    assert.deepEqual(await session.markDeleted(uids, highestModseq), [uids[1]]);
    const flags = new Map((await all(session.fetchMeta(uids))).map((meta) => [meta.uid, meta.flags]));
    assert.deepEqual(
      uids.map((uid) => flags.get(uid)?.includes('\\deleted')),
      [true, false, true],
    );
  });

  test(`${name}: a fence makes a stale UNCHANGEDSINCE fail and leaves no keyword`, async () => {
    await using session = await world().open(freshUser());
    const uids = await three(session);
    const { highestModseq } = await session.select('INBOX');
    assert.deepEqual(await session.fence([first(uids)], null), []);
    assert.deepEqual(await session.markDeleted(uids, highestModseq), [first(uids)]);
    const [meta] = await all(session.fetchMeta([first(uids)]));
    assert.deepEqual(meta?.flags, []);
  });

  test(`${name}: a fence UNCHANGEDSINCE names what was changed since, and leaves no keyword anywhere`, async () => {
    await using session = await world().open(freshUser());
    const uids = await three(session);
    const { highestModseq } = await session.select('INBOX');
    await session.markDeleted([first(uids)], null);
    assert.deepEqual(await session.fence(uids, highestModseq), [first(uids)]);
    const metas = await all(session.fetchMeta(uids));
    assert.deepEqual(
      metas.map(({ flags }) => flags),
      [['\\deleted'], [], []],
    );
  });

  test(`${name}: a move tells where each message went`, async () => {
    await using session = await world().open(freshUser());
    const target = world().path('Old');
    await session.createFolder(target);
    const uids = await three(session);
    const [one, , three_] = uids;
    const moved = await session.move(
      [one, three_].filter((uid) => uid !== undefined),
      target,
    );
    assert.deepEqual(moved.pairs?.map(({ source }) => source).sort(), [one, three_]);
    await session.examine('INBOX');
    assert.deepEqual(await session.search([]), [uids[1]]);
    const state = await session.examine(target);
    assert.equal(state.uidValidity, moved.targetUidValidity);
    assert.deepEqual(
      await session.search([]),
      moved.pairs?.map((pair) => pair.target).toSorted((a, b) => a - b),
    );
  });

  test(`${name}: a move to a folder that does not exist changes nothing`, async () => {
    await using session = await world().open(freshUser());
    const uids = await three(session);
    await assert.rejects(session.move(uids, world().path('Nowhere')), failsWith('protocol'));
    await session.examine('INBOX');
    assert.deepEqual(await session.search([]), uids);
  });

  test(`${name}: nothing is changed in a folder that was examined`, async () => {
    await using session = await world().open(freshUser());
    const uids = await three(session);
    await session.examine('INBOX');
    await assert.rejects(session.markDeleted(uids, null), failsWith('guard'));
    await assert.rejects(session.unmarkDeleted(uids), failsWith('guard'));
    await assert.rejects(session.fence(uids, null), failsWith('guard'));
    await assert.rejects(session.expunge(uids), failsWith('guard'));
    await assert.rejects(session.move(uids, world().path('Old')), failsWith('guard'));
    await session.examine('INBOX');
    assert.deepEqual(await session.search([]), uids);
  });
}
