/** What the recheck keeps, and why: a row for each reason that it can give. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Policy } from '../../src/domain/policy.ts';
import { encodeReason } from '../../src/domain/reason.ts';
import type { DeleteEntry } from '../../src/ports/records.ts';
import { recheck, type Stay } from '../../src/purge/recheck.ts';
import { Ledger } from '../../src/work/ledger.ts';
import { argList } from '../servers/scripted-parse.ts';
import { type ScriptedMessage, scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';
import { archiveMail, deleting, mutations, onlyDue, pass } from './purge-world.ts';
import { gmailRows } from './recheck-gmail-rows.ts';
import { body, flagsBecome, type Row, rows } from './recheck-rows.ts';

const capabilities =
  'IMAP4rev1 UIDPLUS MOVE CONDSTORE ENABLE OBJECTID QUOTA STATUS=SIZE NAMESPACE AUTH=PLAIN';

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
    await row.change?.(world, first ?? assert.fail());
    const { goes, gone, stays, waits } = await outcomeOf(world, row);
    const kept = [...stays, ...waits].map((line) => line.split(':')[0]);
    assert.deepEqual(kept, row.both === true ? [`1 ${row.code}`, `2 ${row.code}`] : [`1 ${row.code}`]);
    assert.deepEqual([goes, gone], [row.both === true ? [] : [2], []], 'its neighbour goes');
    // A copy that is still to be made is waited for, and a better answer of the server; the rest is kept for good.
    assert.equal(waits.length > 0, row.code === 'copy-missing' || row.code === 'flags-unknown');
    assert.deepEqual(mutations(world), []);
  });
}

test('each reason that the recheck and its rules name has a row', () => {
  const named = ['purge/recheck.ts', 'domain/selection.ts', 'domain/notice-mark.ts'].flatMap((file) => {
    const text = readFileSync(join(import.meta.dirname, '../../src', file), 'utf8');
    return [...text.matchAll(/\bcode: '([a-z-]+)'/g)].map(([, code]) => code);
  });
  const flags = ['flagged', 'draft', 'deleted'];
  const seen = new Set<string>([...rows, ...gmailRows].map(({ code }) => code));
  // A message without a size is not taken for the one that was archived, so that comes first.
  seen.add('size-unknown');
  assert.deepEqual(new Set([...named, ...flags]), seen);
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
