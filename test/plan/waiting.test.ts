/** What waits for its purge counts as freed by a drain, as long as it is still on the server. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { planTotals } from '../../src/domain/plan.ts';
import { olderThan, policy } from '../domain/subjects.ts';
import { archiveMail, planOf } from '../purge/purge-world.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';

const drain = policy(olderThan(30), { name: 'drain', when: { quotaAbove: 90 }, drainTo: 75 });
const body = 'x'.repeat(1024);

/** 95 of 100 KiB are used. 30 messages of 1 KiB wait for their purge, and 70 more could leave. */
async function halfArchived(t: TestContext): Promise<AccountWorld> {
  const quota = ['QUOTAROOT INBOX ""', 'QUOTA "" (STORAGE 95 100)'];
  const messages = Array.from({ length: 30 }, (_, index) => scriptedMessage(index + 1, { body }));
  const world = await accountWorld(t, { folders: { INBOX: { messages } }, quota });
  await archiveMail(world, usual);
  for (let uid = 31; uid <= 100; uid += 1) messages.push(scriptedMessage(uid, { body }));
  return world;
}

const taken = (world: AccountWorld): Promise<{ readonly messages: number }> =>
  world.locked(async (work) => planTotals(await planOf(work, drain)));

test('a drain takes nothing while what waits for its purge frees enough', async (t) => {
  const world = await halfArchived(t);
  assert.equal((await taken(world)).messages, 0);
});

test('mail that its owner deletes during the grace no longer counts as about to be freed', async (t) => {
  const world = await halfArchived(t);
  world.server.folders.get('INBOX')?.messages.splice(0, 25);
  // 20 KiB too much, of which 5 wait: 15 more, and one to be under the target.
  assert.equal((await taken(world)).messages, 16);
});

test('what waits in a folder that was made again under its name does not count', async (t) => {
  const world = await halfArchived(t);
  const inbox = world.server.folders.get('INBOX') ?? assert.fail();
  inbox.uidValidity = 8;
  assert.equal((await taken(world)).messages, 21);
});

test('a row that one answer leaves out does not make a drain take more', async (t) => {
  const world = await halfArchived(t);
  let left = 1;
  world.hooks['UID FETCH'] = (exchange) => {
    if (exchange.args[0] === '1:30' && left > 0) {
      left -= 1;
      return exchange.ok('Success');
    }
    return exchange.answer();
  };
  assert.equal((await taken(world)).messages, 0);
  assert.equal(left, 0);
});

test('while the server refuses the folder, all that waits in it counts', async (t) => {
  const world = await halfArchived(t);
  world.hooks['UID FETCH'] = (exchange) =>
    exchange.args[0] === '1:30' ? exchange.no('[SERVERBUG] Internal error') : exchange.answer();
  assert.equal((await taken(world)).messages, 0);
});
