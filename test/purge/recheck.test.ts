/** What the recheck keeps, and why: a row for each reason that it can give. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { uid, uidValidity } from '../../src/domain/brands.ts';
import type { Hold, Policy } from '../../src/domain/policy.ts';
import { encodeReason, type ReasonCode } from '../../src/domain/reason.ts';
import type { DeleteEntry } from '../../src/ports/records.ts';
import { recheck, type Stay } from '../../src/purge/recheck.ts';
import { Ledger } from '../../src/work/ledger.ts';
import { digest } from '../contract/catalog-samples.ts';
import { olderThan } from '../domain/subjects.ts';
import { fetchRow } from '../servers/scripted-fetch.ts';
import { argList } from '../servers/scripted-parse.ts';
import { type ScriptedMessage, scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';
import { archiveMail, deleting, mutations, onlyDue, pass } from './purge-world.ts';

const capabilities =
  'IMAP4rev1 UIDPLUS MOVE CONDSTORE ENABLE OBJECTID QUOTA STATUS=SIZE NAMESPACE AUTH=PLAIN';

interface Row {
  /** Continues "mail stays when". */
  readonly when: string;
  readonly code: ReasonCode;
  /** The message as it was archived; its neighbour is a usual one. */
  readonly before?: Partial<ScriptedMessage>;
  readonly then?: (world: AccountWorld, message: ScriptedMessage) => Promise<void> | void;
  /** Changes of the policy until today. */
  readonly today?: Partial<Policy>;
  readonly others?: readonly Policy[];
  readonly holds?: readonly Hold[];
  /** True: the neighbour stays for the same reason. */
  readonly both?: true;
}

const body = (text: string): string => `From: ann@example.com\r\nSubject: ${text}\r\n\r\nbody of it\r\n`;
const place = { server: 'test', account: 'bob', folder: 'INBOX', uidValidity: uidValidity(7) };
const everybody = { include: ['*'], exclude: [] };

/** Replaces the first message; a UID that is given out again looks like this. */
const becomes =
  (changes: Partial<ScriptedMessage>) =>
  (world: AccountWorld, message: ScriptedMessage): void => {
    world.server.folders.get('INBOX')?.messages.splice(0, 1, { ...message, ...changes });
  };
const flagsBecome = (...flags: readonly string[]) => becomes({ flags });

const rows: readonly Row[] = [
  {
    when: 'its folder is gone',
    code: 'folder-gone',
    then: (world) => void world.server.folders.delete('INBOX'),
    both: true,
  },
  {
    when: 'its folder has another UIDVALIDITY',
    code: 'another-folder',
    then: (world) => void Object.assign(world.server.folders.get('INBOX') ?? {}, { uidValidity: 8 }),
    both: true,
  },
  {
    when: 'its folder has another MAILBOXID',
    code: 'another-folder',
    then: (world) => void Object.assign(world.server.folders.get('INBOX') ?? {}, { mailboxId: 'M2' }),
    both: true,
  },
  {
    when: 'its UID names a message with another INTERNALDATE',
    code: 'another-message',
    then: becomes({ internalDate: '01-Jan-2020 10:00:01 +0000' }),
  },
  {
    when: 'its UID names a message of another size',
    code: 'another-message',
    then: becomes({ body: body('a longer subject') }),
  },
  {
    when: 'its UID names a message with another EMAILID',
    code: 'another-message',
    before: { emailId: 'E1' },
    then: becomes({ emailId: 'E9' }),
  },
  {
    when: 'its UID names a message with another header of the same length',
    code: 'another-message',
    then: becomes({ body: body('second') }),
  },
  {
    when: 'its body is another under the same header, and the policy compares bodies',
    code: 'another-message',
    then: becomes({ body: body('first1').replace('body of it', 'body of me') }),
    today: { recheck: 'body' },
  },
  {
    when: 'the server no longer reports its size',
    code: 'another-message',
    then: (world) => {
      world.hooks['UID FETCH'] = (exchange) => {
        const items = argList(exchange.args[1]).filter((item) => item !== 'RFC822.SIZE');
        const folder = exchange.folder ?? assert.fail();
        for (const message of folder.messages) exchange.send(fetchRow(folder, message, items));
        exchange.ok();
      };
    },
    both: true,
  },
  {
    when: 'the clock was set back to before it arrived',
    code: 'date-unknown',
    then: (world) => void (world.now = new Date('2019-06-01T00:00:00Z')),
    both: true,
  },
  {
    when: 'the policy no longer covers its folder',
    code: 'folder-not-covered',
    today: { folders: { include: ['**'], exclude: ['INBOX'], namespaces: ['personal'] } },
    both: true,
  },
  { when: 'the server got its size wrong', code: 'size-wrong', before: { size: 10 } },
  {
    when: 'it was quarantined',
    code: 'quarantined',
    then: ({ catalog, now: at }) =>
      catalog.quarantineUid({ ...place, mailboxId: 'M1', uid: uid(1), reason: 'it ends connections', at }),
  },
  {
    when: 'the server can not say what the policy asks for',
    code: 'undecidable',
    today: { match: { kind: 'olderThan', age: { count: 30, unit: 'd' }, from: 'saved' } },
    both: true,
  },
  { when: 'the policy selects less', code: 'no-match', today: { match: olderThan(9_000) }, both: true },
  { when: 'it was flagged', code: 'flagged', then: flagsBecome('\\Flagged') },
  { when: 'it was marked as a draft', code: 'draft', then: flagsBecome('\\Draft') },
  { when: 'another client marked it as deleted', code: 'deleted', then: flagsBecome('\\Deleted') },
  {
    when: 'a restore put it there',
    code: 'restored',
    then: ({ catalog, now: at }) =>
      catalog.addRestores([
        { ...place, uid: uid(1), sha256: digest('it'), outcome: 'restored', detail: null, at },
      ]),
  },
  {
    when: 'it is a notice that was marked unread again',
    code: 'notice-unread',
    before: { body: `X-Mothball-Notice: 1\r\n${body('first1')}`, flags: ['\\Seen'] },
    then: flagsBecome(),
    today: {
      notify: { template: null, subject: null, from: null, every: { count: 7, unit: 'd' }, nearFull: 90 },
    },
  },
  {
    when: 'a hold covers it',
    code: 'held',
    holds: [
      {
        name: 'case',
        accounts: everybody,
        match: { kind: 'header', name: 'subject', globs: ['first1'] },
      },
    ],
  },
  {
    when: 'another policy that archives it has no copy yet',
    code: 'copy-missing',
    others: [{ ...usual, name: 'second', match: { kind: 'header', name: 'subject', globs: ['first1'] } }],
  },
];

/** Two messages that were archived and waited for a week: UID 1 is the one that a row is about. */
async function waiting(t: TestContext, before: Partial<ScriptedMessage> = {}): Promise<AccountWorld> {
  const messages = [scriptedMessage(1, { body: body('first1'), ...before }), scriptedMessage(2)];
  const world = await accountWorld(t, { capabilities, folders: { INBOX: { messages, mailboxId: 'M1' } } });
  await archiveMail(world, usual);
  pass(world, 8);
  return world;
}

interface Outcome {
  readonly goes: readonly number[];
  readonly gone: readonly number[];
  readonly stays: readonly string[];
  readonly waits: readonly string[];
}

async function outcomeOf(
  world: AccountWorld,
  row: Pick<Row, 'today' | 'others' | 'holds'> = {},
): Promise<Outcome> {
  const policy = { ...usual, ...row.today };
  world.policies = [policy, ...(row.others ?? [])];
  world.holds = row.holds ?? [];
  const due = await onlyDue(world, deleting(policy));
  return world.locked(async (work) => {
    const checked = await recheck({ work, ledger: new Ledger(), usageBefore: [] }, due);
    return {
      goes: checked.targets.map(({ entry }) => entry.uid),
      gone: uids(checked.gone),
      stays: texts(checked.abandoned),
      waits: texts(checked.waiting),
    };
  });
}

const uids = (entries: readonly DeleteEntry[]): readonly number[] => entries.map((entry) => entry.uid);
const texts = (stays: readonly Stay[]): readonly string[] =>
  stays.flatMap(({ reason, entries }) => entries.map((entry) => `${entry.uid} ${encodeReason(reason)}`));

for (const row of rows) {
  test(`mail stays when ${row.when}: ${row.code}`, async (t) => {
    const world = await waiting(t, row.before);
    const [first] = world.server.folders.get('INBOX')?.messages ?? [];
    await row.then?.(world, first ?? assert.fail());
    const { goes, gone, stays, waits } = await outcomeOf(world, row);
    const kept = [...stays, ...waits].map((line) => line.split(':')[0]);
    assert.deepEqual(kept, row.both === true ? [`1 ${row.code}`, `2 ${row.code}`] : [`1 ${row.code}`]);
    assert.deepEqual([goes, gone], [row.both === true ? [] : [2], []], 'its neighbour goes');
    // Only a copy that is still to be made is waited for; the rest is kept for good.
    assert.equal(waits.length > 0, row.code === 'copy-missing');
    assert.deepEqual(mutations(world), []);
  });
}

test('each reason that the recheck and its rules name has a row', () => {
  const named = ['purge/recheck.ts', 'domain/selection.ts', 'domain/notice-mark.ts'].flatMap((file) => {
    const text = readFileSync(join(import.meta.dirname, '../../src', file), 'utf8');
    return [...text.matchAll(/\bcode: '([a-z-]+)'/g)].map(([, code]) => code);
  });
  const flags = ['flagged', 'draft', 'deleted'];
  const seen = new Set<string>(rows.map(({ code }) => code));
  // A message without a size is not taken for the one that was archived, so that comes first.
  seen.add('size-unknown');
  assert.deepEqual([...new Set([...named, ...flags])].toSorted(), [...seen].toSorted());
});

test('what nobody touched goes, and only looking is needed to know it', async (t) => {
  const world = await waiting(t);
  assert.deepEqual(await outcomeOf(world), { goes: [1, 2], gone: [], stays: [], waits: [] });
});

test('a message that is there no more is gone, and is not kept for a reason', async (t) => {
  const world = await waiting(t);
  world.server.folders.get('INBOX')?.messages.shift();
  assert.deepEqual(await outcomeOf(world), { goes: [2], gone: [1], stays: [], waits: [] });
});

test('flags and keywords that no rule asks about do not keep a message', async (t) => {
  const world = await waiting(t);
  flagsBecome('\\Seen', '\\Answered', '$Mine')(world, scriptedMessage(1, { body: body('first1') }));
  assert.deepEqual((await outcomeOf(world)).goes, [1, 2]);
});

test('a message whose size the server got wrong goes under trustBodyOverSize', async (t) => {
  const world = await waiting(t, { size: 10 });
  assert.deepEqual((await outcomeOf(world, { today: { trustBodyOverSize: true } })).goes, [1, 2]);
});

test('the whole body decides where the server draws the end of the header elsewhere', async (t) => {
  const world = await waiting(t);
  world.hooks['UID FETCH'] = (exchange) => {
    const folder = exchange.folder ?? assert.fail();
    const items = argList(exchange.args[1]);
    if (!items.includes('BODY.PEEK[HEADER]')) return exchange.answer();
    for (const message of folder.messages)
      exchange.send(`* ${message.uid} FETCH (UID ${message.uid} BODY[HEADER] {3}\r\nX\r\n)\r\n`);
    return exchange.ok();
  };
  assert.deepEqual((await outcomeOf(world)).goes, [1, 2]);
  assert.ok(world.server.log.some((line) => line.startsWith('UID FETCH') && line.includes('BODY.PEEK[])')));
});

test('a policy of another account, in plan mode, or one that drains is not waited for', async (t) => {
  const world = await waiting(t);
  const others: readonly Policy[] = [
    { ...usual, name: 'elsewhere', accounts: { include: ['carol'], exclude: [] } },
    { ...usual, name: 'plans', mode: 'plan' },
    { ...usual, name: 'drains', when: { quotaAbove: 1 }, drainTo: 0.5 },
  ];
  assert.deepEqual((await outcomeOf(world, { others })).goes, [1, 2]);
});
