import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { Budget } from '../../src/plan/budget.ts';
import { DeletionBeside } from '../../src/purge/delete-beside.ts';
import { Ledger } from '../../src/work/ledger.ts';
import { type LockedWork, withLock } from '../../src/work/locked-work.ts';
import { login } from '../imap/sessions.ts';
import { type AccountWorld, usual } from '../work/account-world.ts';
import { archivedWorld, deleting, left, onlyDue } from './purge-world.ts';

/** So much is still to be archived that a second connection is worthwhile. */
const much = { messages: 5000, bytes: bytes(1_000_000) };

interface Second {
  readonly beside: DeletionBeside;
  readonly ledger: Ledger;
  readonly work: LockedWork;
  /** Another account needs the place of the second connection. */
  want(): void;
  /** Sessions that were ended. */
  ended(): number;
}

/** An account with one archive whose mail is due, and a deletion of it beside the archiving. */
async function second(t: TestContext, job: (second: Second, world: AccountWorld) => Promise<void>) {
  const world = await archivedWorld(t, 3);
  let ended = 0;
  const wanted = new AbortController();
  const openBeside = async () => {
    const session = await login(world.server.port);
    const dispose = session[Symbol.asyncDispose].bind(session);
    const counted = Object.assign(session, {
      async [Symbol.asyncDispose]() {
        ended += 1;
        await dispose();
      },
    });
    return { session: counted, wanted: wanted.signal };
  };
  const done = await withLock({ ...world.lockable(), mail: { ...world.mail, openBeside } }, async (work) => {
    const ledger = new Ledger();
    const beside = new DeletionBeside({
      run: { work, ledger, usageBefore: [] },
      policy: deleting(usual),
      budget: new Budget(work, usual, ledger, true),
      fresh: much,
    });
    await job({ beside, ledger, work, want: () => wanted.abort(), ended: () => ended }, world);
  });
  assert.notEqual(done, 'locked');
}

async function until(reached: () => boolean): Promise<void> {
  for (let tries = 0; !reached(); tries += 1) {
    assert.ok(tries < 500, 'it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('the mail of a verified archive is deleted, and the second connection waits for the next archive', async (t) => {
  await second(t, async ({ beside, ledger, ended }, world) => {
    const { record } = await onlyDue(world, deleting(usual));
    await beside.verified(record.id);
    await until(() => ledger.deletedSoFar().messages === 3);
    assert.deepEqual(left(world), []);
    assert.equal(ended(), 0);
    assert.deepEqual(await beside.finished(), new Set([record.id]));
    assert.equal(ended(), 1);
  });
});

test('a second connection with nothing to do is ended at once when another account needs its place', async (t) => {
  await second(t, async ({ beside, ledger, want, ended }, world) => {
    const { record } = await onlyDue(world, deleting(usual));
    await beside.verified(record.id);
    await until(() => ledger.deletedSoFar().messages === 3);
    await new Promise((resolve) => setTimeout(resolve, 50));
    want();
    await until(() => ended() === 1);
    await beside.verified(record.id);
    assert.deepEqual(await beside.finished(), new Set([record.id]));
    assert.equal(ended(), 1, 'no other one was opened');
  });
});

test('a second connection that is needed elsewhere before it did anything is ended all the same', async (t) => {
  await second(t, async ({ beside, want, ended }, world) => {
    want();
    const { record } = await onlyDue(world, deleting(usual));
    await beside.verified(record.id);
    await until(() => ended() === 1);
    assert.deepEqual(await beside.finished(), new Set());
    assert.equal(left(world).length, 3);
  });
});

test('an archive of which nothing may go is left to the end, and the second connection is ended', async (t) => {
  await second(t, async ({ beside, work, ended }, world) => {
    const { record } = await onlyDue(world, deleting(usual));
    await work.catalog.setArchiveState(record.id, 'quarantined', 'for the test', record.manifestSha256);
    await beside.verified(record.id);
    assert.deepEqual(await beside.finished(), new Set());
    assert.equal(ended(), 1);
    assert.equal(left(world).length, 3);
  });
});

test('what the server refuses a second connection is no failure, and is left to the first one', async (t) => {
  await second(t, async ({ beside, ledger, work, ended }, world) => {
    world.hooks['SELECT'] = (exchange) => exchange.no('[INUSE] another session has it open');
    const { record } = await onlyDue(world, deleting(usual));
    await beside.verified(record.id);
    assert.deepEqual(await beside.finished(), new Set());
    assert.equal(ended(), 1);
    assert.deepEqual(ledger.report(usual, world.account).errors, []);
    assert.ok(work.secondSessions.refused);
    assert.equal(world.notes.filter((line) => /no second connection .*another session/.test(line)).length, 1);
  });
});

test('a pause stops it before the next intent, and ends the archiving', async (t) => {
  await second(t, async ({ beside, work }, world) => {
    await work.catalog.pause({ who: 'admin', since: world.now, reason: 'for the test' });
    const { record } = await onlyDue(world, deleting(usual));
    await beside.verified(record.id);
    await assert.rejects(beside.finished(), { code: 'interrupted' });
    assert.throws(() => beside.requireSettled(), { code: 'interrupted' });
    assert.equal(left(world).length, 3);
  });
});

test('nothing new begins once the archiving has failed', async (t) => {
  await second(t, async ({ beside, ended }, world) => {
    const { record } = await onlyDue(world, deleting(usual));
    // The first one is in hand, and the second one waits for its turn.
    await Promise.all([beside.verified(record.id), beside.verified(record.id)]);
    beside.giveUp(new Error('the store is full'));
    assert.deepEqual(await beside.finished(), new Set([record.id]));
    assert.deepEqual(left(world), []);
    assert.equal(world.server.log.filter((line) => line.startsWith('UID EXPUNGE')).length, 1);
    assert.equal(ended(), 1);
    await beside.verified(record.id);
    assert.equal(ended(), 1);
  });
});
