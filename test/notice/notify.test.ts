/** Notices to the owners of accounts: when one is due, and what becomes of it. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Notify, Policy } from '../../src/domain/policy.ts';
import {
  type NoticeResult,
  noticeAfterRun,
  noticeIsDue,
  noticeNearFull,
  type Notifying,
  notifyingPolicies,
} from '../../src/notice/notify.ts';
import { archiveMail, inbox, pass } from '../purge/purge-world.ts';
import { octetsOf } from '../servers/scripted-fetch.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';

const notify: Notify = {
  template: 'Archived: {{messages}}. Full: {{full}}. Next: {{nextMessages}}.',
  subject: 'About {{account}}',
  from: null,
  every: { count: 7, unit: 'd' },
  nearFull: 90,
};
const telling: Notifying = { ...usual, notify };

/** An account whose mail was archived just now by a policy that notifies. */
async function archived(t: TestContext, quota = 'STORAGE 10 1000'): Promise<AccountWorld> {
  const messages = [scriptedMessage(1), scriptedMessage(2)];
  const lines = ['QUOTAROOT INBOX ""', `QUOTA "" (${quota})`];
  const world = await accountWorld(t, { folders: { INBOX: { messages } }, quota: lines });
  world.policies = [telling];
  pass(world, 1);
  await archiveMail(world, telling);
  pass(world, 1);
  return world;
}

const afterRun = (world: AccountWorld, ran: readonly Policy[] = world.policies): Promise<NoticeResult> =>
  world.locked(async (work) => ({ result: await noticeAfterRun(work, ran) })).then(({ result }) => result);
/** Texts of what was appended to the INBOX. */
const appended = (world: AccountWorld): readonly string[] =>
  inbox(world)
    .messages.slice(2)
    .map((message) => octetsOf(message).toString('latin1'));
const states = async ({ catalog, account }: AccountWorld): Promise<readonly string[]> =>
  (await catalog.notices(account)).map(({ state }) => state);

test('after a run that archived, one unread message in the INBOX says so', async (t) => {
  const world = await archived(t);
  assert.equal((await afterRun(world))?.kind, 'sent');
  const [text = '', ...more] = appended(world);
  assert.deepEqual([more, inbox(world).messages[2]?.flags], [[], []]);
  assert.match(text, /^X-Mothball-Notice: /m);
  assert.match(text, /^Subject: About bob\r$/m);
  assert.match(text, /Archived: 2\. Full: \. Next: \./);
  const [notice] = await world.catalog.notices(world.account);
  assert.deepEqual([notice?.state, notice?.uid, notice?.folder], ['sent', 3, 'INBOX']);
});

test('the notice is on record before the first byte of it is sent', async (t) => {
  const world = await archived(t);
  const atAppend: string[] = [];
  world.hooks['APPEND'] = (exchange) => {
    void states(world).then((found) => {
      atAppend.push(...found);
      exchange.answer();
    });
  };
  await afterRun(world);
  assert.deepEqual(atAppend, ['sending']);
});

test('a second one is not sent within the time that the policy sets, and is sent after it', async (t) => {
  const world = await archived(t);
  await afterRun(world);
  inbox(world).messages.push(scriptedMessage(4, { internalDate: '01-Feb-2020 10:00:00 +0000' }));
  inbox(world).uidNext = 5;
  pass(world, 1);
  await archiveMail(world, telling);
  pass(world, 5);
  assert.equal(await afterRun(world), null);
  pass(world, 1);
  assert.equal((await afterRun(world))?.kind, 'sent');
  assert.match(appended(world).at(-1) ?? '', /Archived: 1\./);
});

const silent: readonly {
  readonly what: string;
  readonly ran?: readonly Policy[];
  readonly before?: (world: AccountWorld) => Promise<unknown> | void;
}[] = [
  { what: 'by a policy in plan mode', ran: [{ ...telling, mode: 'plan' }] },
  { what: 'by a policy that notifies nobody', ran: [usual] },
  {
    what: 'by a policy of another account',
    ran: [{ ...telling, accounts: { include: ['carol'], exclude: [] } }],
  },
  {
    what: 'while Mothball is paused',
    before: ({ catalog, now }) => catalog.pause({ since: now, who: 'tester', reason: null }),
  },
  { what: 'by work that was stopped', before: ({ stop }) => stop.abort() },
  { what: 'when nothing was archived for a long time', before: (world) => pass(world, 30) },
];

for (const { what, ran, before } of silent) {
  test(`nothing is sent ${what}`, async (t) => {
    const world = await archived(t);
    await before?.(world);
    assert.equal(await afterRun(world, ran), null);
    assert.deepEqual([appended(world), await states(world)], [[], []]);
  });
}

test('one that the server refuses is recorded so, is not tried again within the time, and fails no run', async (t) => {
  const world = await archived(t);
  world.hooks['APPEND'] = (exchange) => exchange.no('[OVERQUOTA] full');
  const result = await afterRun(world);
  assert.equal(result?.kind, 'not sent');
  assert.match(result.text, /^a notice was refused: .*The next one is sent after .* at the earliest\.$/);
  assert.deepEqual(await states(world), ['refused']);
  delete world.hooks['APPEND'];
  assert.equal(await afterRun(world), null);
});

test('one whose answer was lost counts as sent: two would be worse than none', async (t) => {
  const world = await archived(t);
  world.hooks['APPEND'] = (exchange) => exchange.cut();
  const result = await afterRun(world);
  assert.equal(result?.kind, 'unconfirmed');
  assert.match(result.text, /^whether a notice arrived in INBOX of bob is not known/);
  assert.deepEqual(await states(world), ['sending']);
  delete world.hooks['APPEND'];
  assert.equal(await afterRun(world), null);
});

test('a server that can not be asked gets no notice, and no notice is on record', async (t) => {
  const world = await archived(t);
  world.hooks['LIST'] = (exchange) => exchange.cut();
  const result = await afterRun(world);
  assert.equal(result?.kind, 'not sent');
  assert.match(result.text, /^no notice was sent to bob: /);
  assert.deepEqual(await states(world), []);
});

test('a catalog that is closed is no matter of the notice alone', async (t) => {
  const world = await archived(t);
  const run = world.locked(async (work) => {
    await work.catalog[Symbol.asyncDispose]();
    await noticeAfterRun(work, world.policies);
  });
  await assert.rejects(run, { code: 'database' });
});

const nearFull = (world: AccountWorld): Promise<NoticeResult> =>
  world
    .locked(async (work) => ({ result: await noticeNearFull(work, telling) }))
    .then(({ result }) => result);

test('a mailbox that is nearly full is reported with what the policy would take out next', async (t) => {
  const world = await accountWorld(t, {
    folders: { INBOX: { messages: [scriptedMessage(1), scriptedMessage(2)] } },
    quota: ['QUOTAROOT INBOX ""', 'QUOTA "" (STORAGE 950 1000)'],
  });
  world.policies = [telling];
  assert.equal((await nearFull(world))?.kind, 'sent');
  assert.match(appended(world).join(), /Archived: \. Full: 95\.0 %\. Next: 2\./);
});

test('what the policy would not be allowed to take out is not promised', async (t) => {
  const world = await accountWorld(t, {
    folders: { INBOX: { messages: [scriptedMessage(1), scriptedMessage(2)] } },
    quota: ['QUOTAROOT INBOX ""', 'QUOTA "" (STORAGE 950 1000)'],
  });
  const limits = { ...usual.limits, maxMessages: 1 };
  await world.locked(async (work) => void (await noticeNearFull(work, { ...telling, limits })));
  assert.match(appended(world).join(), /Full: 95\.0 %\. Next: \./);
});

test('a mailbox that is not that full any more gets no such notice', async (t) => {
  const world = await archived(t, 'STORAGE 890 1000');
  assert.deepEqual([await nearFull(world), await states(world)], [null, []]);
});

test('a notice is due when the last one is older than the time that the policy sets', async (t) => {
  const world = await archived(t);
  const due = (): Promise<boolean> => noticeIsDue(world.catalog, world.account, telling, world.now);
  assert.equal(await due(), true);
  await afterRun(world);
  const answers: boolean[] = [];
  for (const days of [0, 6, 1]) {
    pass(world, days);
    answers.push(await due());
  }
  assert.deepEqual(answers, [false, false, true]);
});

test('the policies that notify an account enforce, ask for it, and cover the account', () => {
  const account = { server: 'test', account: 'bob' };
  const policies: readonly Policy[] = [
    telling,
    usual,
    { ...telling, name: 'plans', mode: 'plan' },
    { ...telling, name: 'elsewhere', accounts: { include: ['carol'], exclude: [] } },
  ];
  assert.deepEqual(
    notifyingPolicies(policies, account).map(({ name }) => name),
    ['old'],
  );
});
