/** One account, policy by policy: what goes first, what stops it, and what the reports say. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { MothballError } from '../../src/errors.ts';
import { recordIntent } from '../../src/purge/delete-state.ts';
import { reportPlans, runAccount } from '../../src/run/run.ts';
import { lookingWork } from '../../src/work/looking-work.ts';
import type { RunReport } from '../../src/work/report.ts';
import {
  archivedWorld,
  deleting,
  inbox,
  left,
  mutations,
  onlyDue,
  pass,
  recorded,
} from '../purge/purge-world.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';

const atOnce: Policy = { ...usual, delete: { after: { count: 0, unit: 'd' }, mode: 'expunge' } };

async function runs(
  world: AccountWorld,
  policies = world.policies,
  liftLimits = false,
): Promise<readonly RunReport[]> {
  return world.locked((work) => runAccount(work, policies, { liftLimits }));
}

const countsOf = ({ archived, deleted, errors }: RunReport) => ({
  archived: archived.messages,
  deleted: deleted.messages,
  errors: errors.map(({ code }) => code),
});
const mail = (count: number) => Array.from({ length: count }, (_, index) => scriptedMessage(index + 1));
const only = (reports: readonly RunReport[]): RunReport => {
  const [report, ...more] = reports;
  assert.deepEqual(more, []);
  return report ?? assert.fail('no report');
};

test('a policy with a grace archives in one run and deletes in a later one', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: { messages: mail(2) } } });
  assert.deepEqual(countsOf(only(await runs(world))), { archived: 2, deleted: 0, errors: [] });
  assert.deepEqual(mutations(world), []);
  pass(world, 6);
  assert.deepEqual(countsOf(only(await runs(world))), { archived: 0, deleted: 0, errors: [] });
  pass(world, 1);
  assert.deepEqual(countsOf(only(await runs(world))), { archived: 0, deleted: 2, errors: [] });
  assert.deepEqual(left(world), []);
});

test('a policy without a grace archives, verifies and deletes in one run', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: { messages: mail(2) } } });
  world.policies = [atOnce];
  assert.deepEqual(countsOf(only(await runs(world))), { archived: 2, deleted: 2, errors: [] });
  assert.deepEqual(await recorded(world), ['1: deleted', '2: deleted']);
});

test('open intents are settled before anything else is done', async (t) => {
  const world = await archivedWorld(t, 2);
  const { record, entries } = await onlyDue(world, deleting(usual));
  await world.locked((work) => recordIntent(work, record, entries));
  inbox(world).messages.shift();
  for (const message of inbox(world).messages) message.flags = ['\\Deleted'];
  // What is gone was deleted by the earlier run; what is there is rechecked and deleted by this one.
  assert.deepEqual(countsOf(only(await runs(world))), { archived: 0, deleted: 2, errors: [] });
  assert.match(mutations(world)[0] ?? '', /\+FLAGS\.SILENT \(\$/, 'the fence goes first');
});

test('leftovers and new mail count against a limit together, before the first of them leaves', async (t) => {
  const world = await archivedWorld(t, 2);
  inbox(world).messages.push(scriptedMessage(3), scriptedMessage(4));
  inbox(world).uidNext = 5;
  world.policies = [{ ...usual, limits: { ...usual.limits, maxMessages: 3 } }];
  const before = mutations(world).length;
  const report = only(await runs(world));
  assert.deepEqual(countsOf(report), { archived: 0, deleted: 0, errors: [] });
  assert.deepEqual(
    report.limits.map(({ limit }) => limit),
    ['maxMessages'],
  );
  assert.equal(mutations(world).length, before);
  assert.deepEqual(countsOf(only(await runs(world, world.policies, true))), {
    archived: 2,
    deleted: 2,
    errors: [],
  });
});

test('the plan is measured before the first message is archived', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: { messages: mail(3) } } });
  world.policies = [{ ...usual, limits: { maxMessages: 10, maxBytes: bytes(1_000_000), maxPercent: 50 } }];
  const report = only(await runs(world));
  assert.deepEqual([report.limits.length > 0, countsOf(report).archived], [true, 0]);
  assert.deepEqual(await world.catalog.archives(), []);
});

test('each policy has its own report and its own record of the run', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: { messages: mail(1) } } });
  world.policies = [
    { ...usual, name: 'first' },
    { ...usual, name: 'second', delete: null },
  ];
  const reports = await runs(world);
  assert.deepEqual(
    reports.map(({ policy, archived }) => [policy, archived.messages]),
    [
      ['first', 1],
      ['second', 1],
    ],
  );
  const records = await world.catalog.runs(10);
  assert.deepEqual(records.map(({ policy, result }) => `${policy} ${result}`).toSorted(), [
    'first success',
    'second success',
  ]);
});

test('while Mothball is paused nothing is done, and the report says why', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: { messages: mail(1) } } });
  await world.catalog.pause({ since: world.now, who: 'tester', reason: 'audit' });
  const { errors, archived } = countsOf(only(await runs(world)));
  assert.deepEqual([errors, archived, await world.catalog.archives()], [['interrupted'], 0, []]);
});

test('a lost connection is opened again, and the run is finished', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: { messages: mail(2) } } });
  world.policies = [atOnce];
  let cuts = 0;
  world.hooks['UID EXPUNGE'] = (exchange) => ((cuts += 1) === 1 ? exchange.cut() : exchange.answer());
  assert.deepEqual(countsOf(only(await runs(world))), { archived: 2, deleted: 2, errors: [] });
  assert.match(world.notes.join('\n'), /trying again \(1 of 2\)/);
});

test('a connection that is lost each time ends the policy with that error, and the next policy is tried', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: { messages: mail(1) } } });
  world.hooks['UID SEARCH'] = (exchange) => exchange.cut();
  const reports = await runs(world, [usual, { ...usual, name: 'second' }]);
  assert.deepEqual(
    reports.map((report) => countsOf(report).errors),
    [['connect'], ['connect']],
  );
});

test('a signal ends the run: the reason is in the report of each policy, and nothing is deleted', async (t) => {
  const world = await archivedWorld(t, 2);
  world.hooks['SELECT'] = (exchange) => {
    world.stop.abort(new MothballError('stopped by SIGTERM', { code: 'interrupted' }));
    exchange.answer();
  };
  const reports = await runs(world, [usual, { ...usual, name: 'second' }]);
  assert.deepEqual(
    reports.map((report) => countsOf(report).errors),
    [['interrupted'], ['interrupted']],
  );
  assert.deepEqual([left(world), mutations(world)], [[1, 2], []]);
});

test('a clock that was set back is refused before anything is looked at', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: { messages: mail(1) } } });
  await runs(world);
  const { connections } = world.server;
  pass(world, -3);
  await assert.rejects(runs(world), { code: 'refused', message: /clock/ });
  assert.equal(world.server.connections, connections);
});

test('plan mode reports what it would do, without a lock, and writes nothing anywhere', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: { messages: mail(2) } } });
  const work = lookingWork(world.mail, world.lockable().parts);
  await using _connection = work.connection;
  const report = only(await reportPlans(work, [{ ...usual, mode: 'plan' }]));
  assert.deepEqual(countsOf(report), { archived: 0, deleted: 0, errors: [] });
  assert.equal(report.plan?.folders[0]?.messages.length, 2);
  assert.deepEqual([await world.catalog.runs(10), await world.catalog.archives()], [[], []]);
  assert.ok(!world.server.log.some((line) => line.startsWith('SELECT')), 'EXAMINE only');
});
