/** The deletion by MOVE to Trash: what counts as deleted, and what stops it. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { uidValidity } from '../../src/domain/brands.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { ReasonCode } from '../../src/domain/reason.ts';
import { MothballError } from '../../src/errors.ts';
import type { MailSession } from '../../src/ports/mail.ts';
import type { Exchange, Hook } from '../servers/scripted-imap.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';
import {
  archivedWorld,
  archiveMail,
  inbox,
  left,
  mutations,
  pass,
  recorded,
  removeDue,
  uidsOf,
} from './purge-world.ts';

const toTrash: Policy = { ...usual, delete: { after: { count: 7, unit: 'd' }, mode: 'trash' } };
const trashOf = ({ server }: AccountWorld): readonly number[] =>
  server.folders.get('Trash')?.messages.map(({ uid }) => uid) ?? [];

/** What the fence before a MOVE sends. */
function fenceOf(set: string): readonly string[] {
  return [
    `UID STORE ${set} (UNCHANGEDSINCE 10) +FLAGS.SILENT ($MothballFence)`,
    `UID STORE ${set} -FLAGS.SILENT ($MothballFence)`,
  ];
}

test('moved mail counts as deleted once its copy is in Trash, and the copy is remembered', async (t) => {
  const world = await archivedWorld(t, 2);
  const { outcome, skips } = await removeDue(world, toTrash);
  assert.deepEqual([uidsOf(outcome.deleted), outcome.stop, skips], [[1, 2], null, []]);
  assert.deepEqual(mutations(world), [...fenceOf('1:2'), 'UID MOVE 1:2 "Trash"']);
  assert.deepEqual([left(world), trashOf(world)], [[], [1, 2]]);
  assert.deepEqual(await recorded(world), ['1: deleted', '2: deleted']);
  const known = await world.catalog.trashedUids(usual.name, world.account, 'Trash', uidValidity(9));
  assert.deepEqual([...known], [1, 2]);
});

test('the intent is in the catalog before the MOVE', async (t) => {
  const world = await archivedWorld(t, 2);
  const atMove: string[] = [];
  world.hooks['UID MOVE'] = (exchange) => {
    void recorded(world).then((lines) => {
      atMove.push(...lines);
      exchange.answer();
    });
  };
  await removeDue(world, toTrash);
  assert.deepEqual(atMove, ['1: deleting', '2: deleting']);
});

test('an expunging policy moves to Trash where the server has MOVE but no UIDPLUS', async (t) => {
  const world = await archivedWorld(t, 2, { capabilities: 'IMAP4rev1 MOVE SPECIAL-USE' });
  await removeDue(world, usual);
  assert.deepEqual(mutations(world), ['UID MOVE 1:2 "Trash"']);
});

const refusals: readonly {
  readonly what: string;
  readonly code: ReasonCode;
  readonly before: (world: AccountWorld) => void;
}[] = [
  {
    what: 'there is no Trash',
    code: 'no-trash',
    before: ({ server }) => void server.folders.delete('Trash'),
  },
  {
    what: 'the folder became another one after the recheck',
    code: 'another-folder',
    before: (world) => void (inbox(world).uidValidity = 8),
  },
];

for (const { what, code, before } of refusals) {
  test(`where ${what}, nothing is moved: ${code}`, async (t) => {
    const world = await archivedWorld(t, 2);
    const { outcome, skips } = await removeDue(world, toTrash, () => before(world));
    assert.deepEqual([outcome.stop, outcome.fault, skips], [{ code }, false, [`2 ${code}`]]);
    assert.deepEqual([mutations(world), await recorded(world)], [[], ['1: pending', '2: pending']]);
  });
}

/** The session with one method in place of its own. */
function failingAt(session: MailSession, step: 'fence' | 'move', fails: () => Promise<never>): MailSession {
  return new Proxy(session, {
    get(target, key) {
      if (key === step) return fails;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

for (const step of ['fence', 'move'] as const) {
  for (const code of ['database', 'guard', 'interrupted'] as const) {
    test(`${code} at the ${step} is no refusal of the server: it ends the deletion, and nothing is moved`, async (t) => {
      const world = await archivedWorld(t, 2);
      const fails = (): Promise<never> => Promise.reject(new MothballError('not proved', { code }));
      const removing = removeDue(world, toTrash, undefined, (session) => failingAt(session, step, fails));
      await assert.rejects(removing, { code, message: 'not proved' });
      assert.deepEqual([left(world), trashOf(world)], [[1, 2], []]);
    });
  }
}

test('a message that was changed after the recheck is not moved, and the others are', async (t) => {
  const world = await archivedWorld(t, 2);
  const { outcome, skips } = await removeDue(world, toTrash, () => {
    (inbox(world).messages[0] ?? assert.fail()).flags = ['\\Flagged'];
  });
  assert.deepEqual([uidsOf(outcome.deleted), skips], [[2], ['1 changed-meanwhile']]);
  assert.deepEqual(await recorded(world), ['1: pending', '2: deleted']);
  assert.deepEqual(mutations(world), [...fenceOf('2'), 'UID MOVE 2 "Trash"']);
});

test('a message that was changed and changed back after the recheck is not moved', async (t) => {
  const world = await archivedWorld(t, 2);
  const { outcome, skips } = await removeDue(world, toTrash, () => {
    Object.assign(inbox(world).messages[0] ?? {}, { modseq: 11 });
  });
  assert.deepEqual([uidsOf(outcome.deleted), skips], [[2], ['1 changed-meanwhile']]);
  assert.deepEqual(await recorded(world), ['1: pending (changed-meanwhile)', '2: deleted']);
  assert.deepEqual(mutations(world), [...fenceOf('1:2'), 'UID MOVE 2 "Trash"']);
});

test('mail that is in Trash already is not moved', async (t) => {
  const messages = [scriptedMessage(1)];
  const attributes = '\\HasNoChildren \\Trash';
  const world = await accountWorld(t, { folders: { INBOX: {}, Trash: { attributes, messages } } });
  const folders: Policy['folders'] = { include: ['role:trash'], exclude: [], namespaces: ['personal'] };
  const policy = { ...toTrash, folders };
  await archiveMail(world, policy);
  pass(world, 8);
  const { outcome } = await removeDue(world, policy);
  assert.deepEqual([outcome.stop, mutations(world)], [{ code: 'in-trash' }, []]);
});

/** Answers MOVE without COPYUID, as a server without UIDPLUS does. */
function withoutCopyUid(exchange: Exchange, world: AccountWorld): void {
  const trash = world.server.folders.get('Trash');
  trash?.messages.push(...inbox(world).messages.splice(0));
  exchange.ok();
}

const results: readonly {
  readonly what: string;
  readonly move: (world: AccountWorld) => Hook;
  readonly stop: ReasonCode;
  readonly skips: readonly string[];
  readonly states: readonly string[];
}[] = [
  {
    what: 'a refused MOVE that moved a part leaves that part as an open intent',
    move: (world) => (exchange) => {
      inbox(world).messages.shift();
      exchange.no('[OVERQUOTA] Trash is full');
    },
    stop: 'move-refused',
    skips: ['2 move-refused'],
    states: ['1: deleting', '2: pending (move-refused)'],
  },
  {
    what: 'a MOVE without COPYUID confirms nothing',
    move: (world) => (exchange) => withoutCopyUid(exchange, world),
    stop: 'move-without-copyuid',
    skips: ['2 move-unconfirmed'],
    states: ['1: deleting', '2: deleting'],
  },
  {
    what: 'a MOVE that answers OK and moves nothing keeps all',
    move: () => (exchange) => exchange.ok(),
    stop: 'move-without-copyuid',
    skips: ['2 not-moved'],
    states: ['1: pending (not-moved)', '2: pending (not-moved)'],
  },
  {
    what: 'a copy in Trash that is another message confirms nothing',
    move: (world) => (exchange) => {
      inbox(world).messages.splice(0);
      world.server.folders
        .get('Trash')
        ?.messages.push(
          scriptedMessage(1, { internalDate: '01-Jan-2020 10:00:01 +0000' }),
          scriptedMessage(2),
        );
      exchange.line('OK [COPYUID 9 1:2 1:2] moved');
      exchange.ok();
    },
    stop: 'move-incomplete',
    skips: ['1 move-unconfirmed'],
    states: ['1: deleting', '2: deleted'],
  },
  {
    what: 'a copy confirms nothing while the message is still where it was',
    move: (world) => (exchange) => {
      inbox(world).messages.pop();
      world.server.folders.get('Trash')?.messages.push(scriptedMessage(1), scriptedMessage(2));
      exchange.line('OK [COPYUID 9 1:2 1:2] moved');
      exchange.ok();
    },
    stop: 'move-incomplete',
    skips: ['1 not-moved'],
    states: ['1: pending (not-moved)', '2: deleted'],
  },
  {
    what: 'a COPYUID of another Trash confirms nothing',
    move: (world) => (exchange) => {
      world.server.folders.get('Trash')?.messages.push(...inbox(world).messages.splice(0));
      exchange.line('OK [COPYUID 8 1:2 1:2] moved');
      exchange.ok();
    },
    stop: 'move-incomplete',
    skips: ['2 move-unconfirmed'],
    states: ['1: deleting', '2: deleting'],
  },
];

for (const { what, move, stop, skips, states } of results) {
  test(`${what}: ${stop}`, async (t: TestContext) => {
    const world = await archivedWorld(t, 2);
    world.hooks['UID MOVE'] = move(world);
    const removed = await removeDue(world, toTrash);
    assert.deepEqual([removed.outcome.stop?.code, removed.outcome.fault], [stop, true]);
    assert.deepEqual(removed.skips, skips);
    const found = (await recorded(world)).map((line) => line.replace(/(move-refused): .*/, '$1)'));
    assert.deepEqual(found, states);
  });
}

test('after a connection that was lost in the middle of a MOVE the intents are open', async (t) => {
  const world = await archivedWorld(t, 2);
  world.hooks['UID MOVE'] = (exchange) => exchange.cut();
  await assert.rejects(removeDue(world, toTrash), { code: 'connect' });
  assert.deepEqual(await recorded(world), ['1: deleting', '2: deleting']);
});
