/** The deletion by EXPUNGE, step by step, on a server that does what a test wants. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Policy } from '../../src/domain/policy.ts';
import type { ReasonCode } from '../../src/domain/reason.ts';
import { usual } from '../work/account-world.ts';
import { archivedWorld, inbox, left, mutations, recorded, removeDue, uidsOf } from './purge-world.ts';

test('the intent is in the catalog before the first mark, and each message ends as deleted', async (t) => {
  const world = await archivedWorld(t, 2);
  const atStore: string[] = [];
  world.hooks['UID STORE'] = (exchange) => {
    void recorded(world).then((lines) => {
      atStore.push(...lines);
      exchange.answer();
    });
  };
  const { outcome, skips } = await removeDue(world, usual);
  assert.deepEqual(atStore, ['1: deleting', '2: deleting']);
  assert.deepEqual(await recorded(world), ['1: deleted', '2: deleted']);
  assert.deepEqual([uidsOf(outcome.deleted), outcome.stop, skips], [[1, 2], null, []]);
  assert.deepEqual(left(world), []);
});

test('STORE is conditioned on the HIGHESTMODSEQ of the recheck, and only named UIDs are expunged', async (t) => {
  const world = await archivedWorld(t, 3);
  await removeDue(world, usual);
  assert.deepEqual(mutations(world), [
    'UID STORE 1:3 (UNCHANGEDSINCE 10) +FLAGS.SILENT (\\Deleted)',
    'UID EXPUNGE 1:3',
  ]);
});

const servers: readonly {
  readonly capabilities: string;
  readonly mode: 'expunge' | 'trash';
  readonly code: ReasonCode;
}[] = [
  { capabilities: 'NAMESPACE', mode: 'expunge', code: 'no-uidplus' },
  { capabilities: 'UIDPLUS', mode: 'trash', code: 'no-move' },
];

for (const { capabilities, mode, code } of servers) {
  test(`a server with ${capabilities} keeps mail under mode ${mode}: ${code}`, async (t) => {
    const world = await archivedWorld(t, 2, { capabilities: `IMAP4rev1 ${capabilities}` });
    const after = { count: 7, unit: 'd' } as const;
    const policy: Policy = { ...usual, delete: { after, mode } };
    const { outcome, skips } = await removeDue(world, policy);
    assert.deepEqual(outcome, { deleted: [], stop: { code }, fault: false });
    assert.deepEqual(skips, [`2 ${code}`]);
    assert.deepEqual([mutations(world), await recorded(world)], [[], ['1: pending', '2: pending']]);
  });
}

test('a folder that became another one after the recheck keeps all its mail', async (t) => {
  const world = await archivedWorld(t, 2);
  const { outcome } = await removeDue(world, usual, () => void (inbox(world).uidValidity = 8));
  assert.deepEqual(outcome.stop, { code: 'another-folder' });
  assert.deepEqual([mutations(world), await recorded(world)], [[], ['1: pending', '2: pending']]);
});

test('while Mothball is paused no intent is written, and nothing is marked', async (t) => {
  const world = await archivedWorld(t, 2);
  await world.catalog.pause({ since: world.now, who: 'tester', reason: 'audit' });
  await assert.rejects(removeDue(world, usual), { code: 'interrupted' });
  assert.deepEqual([mutations(world), await recorded(world)], [[], ['1: pending', '2: pending']]);
});

test('a message that was changed after the recheck stays without a mark, and the others go', async (t) => {
  const world = await archivedWorld(t, 3);
  const { outcome, skips } = await removeDue(world, usual, () => {
    // Its MODSEQ is higher now, so STORE answers MODIFIED.
    Object.assign(inbox(world).messages[1] ?? {}, { flags: ['\\Flagged'], modseq: 11 });
  });
  assert.deepEqual([uidsOf(outcome.deleted), outcome.stop], [[1, 3], null]);
  assert.deepEqual(skips, ['1 changed-meanwhile']);
  assert.deepEqual(await recorded(world), ['1: deleted', '2: pending (changed-meanwhile)', '3: deleted']);
  assert.deepEqual(
    inbox(world).messages.map(({ flags }) => flags),
    [['\\Flagged']],
  );
});

test('without CONDSTORE the flags themselves show who was faster, and our mark is taken back', async (t) => {
  const world = await archivedWorld(t, 2, { capabilities: 'IMAP4rev1 UIDPLUS' });
  inbox(world).highestModseq = null;
  const { outcome, skips } = await removeDue(world, usual, () => {
    (inbox(world).messages[0] ?? assert.fail()).flags = ['\\Flagged'];
  });
  assert.deepEqual([uidsOf(outcome.deleted), skips], [[2], ['1 changed-meanwhile']]);
  assert.deepEqual(mutations(world)[0], 'UID STORE 1:2 +FLAGS.SILENT (\\Deleted)');
  assert.deepEqual(
    inbox(world).messages.map(({ flags }) => flags),
    [['\\Flagged']],
  );
});

test('a marked message that an OK to FETCH leaves out is not expunged, and keeps no mark of ours', async (t) => {
  const world = await archivedWorld(t, 3);
  world.hooks['UID FETCH'] = (exchange) => {
    const { messages } = inbox(world);
    const marked = messages.findIndex(({ uid, flags }) => uid === 2 && flags.includes('\\Deleted'));
    const hidden = marked < 0 ? [] : messages.splice(marked, 1);
    exchange.answer();
    if (marked >= 0) messages.splice(marked, 0, ...hidden);
  };
  const { outcome, skips } = await removeDue(world, usual);
  assert.deepEqual([uidsOf(outcome.deleted), skips], [[1, 3], ['1 changed-meanwhile']]);
  assert.deepEqual(
    inbox(world).messages.map(({ uid, flags }) => [uid, flags]),
    [[2, []]],
  );
  assert.deepEqual(await recorded(world), ['1: deleted', '2: pending (changed-meanwhile)', '3: deleted']);
});

test('a STORE that answers OK and marks nothing deletes nothing', async (t) => {
  const world = await archivedWorld(t, 2);
  world.hooks['UID STORE'] = (exchange) => exchange.ok();
  const { outcome, skips } = await removeDue(world, usual);
  assert.deepEqual([outcome.deleted, skips], [[], ['2 changed-meanwhile']]);
  assert.ok(!mutations(world).some((line) => line.startsWith('UID EXPUNGE')));
});

test('an EXPUNGE that removes nothing is a fault: the marks are taken back, and the run stops there', async (t) => {
  const world = await archivedWorld(t, 2);
  world.hooks['UID EXPUNGE'] = (exchange) => {
    exchange.line('NO some messages were not expunged');
    exchange.ok();
  };
  const { outcome, skips } = await removeDue(world, usual);
  assert.deepEqual(outcome, { deleted: [], stop: { code: 'not-removed' }, fault: true });
  assert.deepEqual(skips, ['2 not-removed']);
  assert.deepEqual(await recorded(world), ['1: pending (not-removed)', '2: pending (not-removed)']);
  assert.deepEqual(
    inbox(world).messages.map(({ flags }) => flags),
    [[], []],
  );
});

test('of an EXPUNGE that removes a part, that part is deleted and the rest waits', async (t) => {
  const world = await archivedWorld(t, 3);
  world.hooks['UID EXPUNGE'] = (exchange) => {
    inbox(world).messages.splice(0, 2);
    exchange.ok();
  };
  const { outcome } = await removeDue(world, usual);
  assert.deepEqual([uidsOf(outcome.deleted), outcome.fault], [[1, 2], true]);
  assert.deepEqual(await recorded(world), ['1: deleted', '2: deleted', '3: pending (not-removed)']);
});

test('a folder that becomes another one during the deletion leaves its intents open', async (t) => {
  const world = await archivedWorld(t, 2);
  world.hooks['UID EXPUNGE'] = (exchange) => {
    inbox(world).uidValidity = 8;
    exchange.ok();
  };
  await assert.rejects(removeDue(world, usual), { code: 'protocol', message: /became another one/ });
  assert.deepEqual(await recorded(world), ['1: deleting', '2: deleting']);
});

test('a note reports messages that are gone besides those named', async (t) => {
  const world = await archivedWorld(t, 2);
  inbox(world).messages.push({ ...(inbox(world).messages[0] ?? assert.fail()), uid: 3 });
  world.hooks['UID EXPUNGE'] = (exchange) => {
    inbox(world).messages.splice(0);
    exchange.ok();
  };
  await removeDue(world, usual);
  assert.deepEqual(await recorded(world), ['1: deleted', '2: deleted']);
  assert.match(world.notes.join('\n'), /bob "INBOX": 1 more messages than those named are gone/);
});
