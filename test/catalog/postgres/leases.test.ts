import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'node:test';
import { Connections } from '../../../src/catalog/postgres/dialect.ts';
import { openLeases } from '../../../src/catalog/postgres/leases.ts';
import { isError } from '../../../src/errors.ts';
import { day } from '../../contract/catalog-samples.ts';
import { freshDatabase, openedPostgres, sharedPostgres } from './database.ts';

const alice = { server: 'main', account: 'alice' };

test('one lease of an account at a time, free again when it is given back', async (t) => {
  const settings = await freshDatabase();
  const [one, two] = [await openedPostgres(t, settings), await openedPostgres(t, settings)];
  const held = await one.locks.account(alice);
  assert.ok(held !== null);
  assert.equal(await two.locks.account(alice), null);
  assert.equal(await one.locks.account(alice), null, 'in the same process too');
  await using other = await two.locks.store('alice');
  assert.ok(other !== null, 'another name is another lock');
  await held[Symbol.asyncDispose]();
  assert.throws(
    () => held.require(),
    (error) => isError(error, 'database'),
  );
  const next = await two.locks.account(alice);
  assert.ok(next !== null);
  await next[Symbol.asyncDispose]();
});

test('of many that ask at once one gets it', async (t) => {
  const settings = await freshDatabase();
  const { locks } = await openedPostgres(t, settings);
  const taken = await Promise.all(Array.from({ length: 12 }, () => locks.account(alice)));
  const held = taken.filter((lock) => lock !== null);
  assert.equal(held.length, 1);
  for (const lock of held) await lock[Symbol.asyncDispose]();
});

test('a lease that ran out is taken over, and its old holder records and permits nothing', async (t) => {
  const settings = await freshDatabase();
  const server = await sharedPostgres();
  const [one, two] = [await openedPostgres(t, settings), await openedPostgres(t, settings)];
  const old = await one.locks.account(alice);
  assert.ok(old?.fenced);
  await old.fenced.setStoreMarker('local', 'held');
  old.require();
  await server.sql(settings.database, 'UPDATE leases SET expires = 0');
  const successor = await two.locks.account(alice);
  assert.ok(successor !== null);
  await assert.rejects(
    old.fenced.setStoreMarker('local', 'lost'),
    /was taken over by another mothball process/,
  );
  assert.equal(old.lost.aborted, true);
  assert.throws(() => old.require(), /was taken over/);
  await assert.rejects(old.prove(), /was taken over/);
  assert.equal(await one.catalog.storeMarker('local'), 'held');
  // Giving it back does not take the successor's away.
  await old[Symbol.asyncDispose]();
  assert.equal(await one.locks.account(alice), null);
  successor.require();
  await successor[Symbol.asyncDispose]();
});

test('a take-over waits for the transaction in which the old holder proved its lease', async (t) => {
  const settings = await freshDatabase();
  const server = await sharedPostgres();
  const [one, two] = [await openedPostgres(t, settings), await openedPostgres(t, settings)];
  const old = await one.locks.account(alice);
  assert.ok(old?.fenced);
  const fenced = old.fenced;
  await server.sql(settings.database, 'UPDATE leases SET expires = 0');
  const order: string[] = [];
  const writes = Promise.all(
    Array.from({ length: 30 }, async (_, n) => {
      const entry = { at: day(1), who: 'old', action: 'late', account: null, detail: String(n) };
      await fenced.addAudit(entry).then(
        () => order.push('old'),
        () => undefined,
      );
    }),
  );
  const taking = two.locks.account(alice).then((lock) => (order.push('taken'), lock));
  const [, successor] = await Promise.all([writes, taking]);
  assert.ok(successor !== null);
  const before = order.slice(0, order.indexOf('taken')).length;
  const rows = await server.sql(settings.database, "SELECT count(*) FROM audit WHERE action = 'late'");
  assert.ok(Number(rows) <= 30 && Number(rows) >= before);
  const late = { at: day(1), who: 'old', action: 'too late', account: null, detail: '' };
  await assert.rejects(fenced.addAudit(late), /was taken over/);
  await successor[Symbol.asyncDispose]();
  await old[Symbol.asyncDispose]();
});

test('a process that was frozen past its lease finds it gone in the tick in which it wakes', async (t) => {
  const settings = await freshDatabase();
  const server = await sharedPostgres();
  const { locks } = await openedPostgres(t, settings);
  const child = spawn(
    process.execPath,
    [new URL('../children/hold-lease.ts', import.meta.url).pathname, JSON.stringify(settings)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  while (!output.includes('tick permitted')) await once(child.stdout, 'data');
  assert.equal(await locks.account(alice), null);
  child.kill('SIGSTOP');
  await sleep(5500);
  // The time of the lease is the database's: it is let run out there.
  await server.sql(settings.database, 'UPDATE leases SET expires = 0');
  const successor = await locks.account(alice);
  assert.ok(successor !== null);
  child.kill('SIGCONT');
  await once(child, 'close');
  const ticks = output
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('tick'));
  assert.deepEqual([...new Set(ticks)], ['tick permitted', 'tick refused'], output);
  assert.match(output, /recorded nothing/);
  await successor[Symbol.asyncDispose]();
});

/** Connections on which each answer takes so long by the clock of this machine. */
class SlowConnections extends Connections {
  takesMs = 0;
  asked = 0;
  passedMs = 0;

  override async client() {
    this.asked += 1;
    const client = await super.client();
    this.passedMs += this.takesMs;
    return client;
  }
}

test('a database that answers slowly is asked a few times for a proof, and a late one permits nothing', async (t) => {
  const slow = new SlowConnections(await freshDatabase(), false);
  t.after(() => slow.close());
  const real = Date.now.bind(Date);
  t.mock.method(Date, 'now', () => real() + slow.passedMs);
  const lock = await openLeases(slow).account(alice);
  assert.ok(lock !== null);
  const asks = async (takesMs: number): Promise<{ readonly asked: number; readonly refused: string }> => {
    slow.takesMs = takesMs;
    const before = slow.asked;
    const refused = await lock.prove().then(
      () => '',
      (error: unknown) => String(error),
    );
    return { asked: slow.asked - before, refused };
  };
  assert.deepEqual(await asks(0), { asked: 0, refused: '' }, 'it is proved already');
  slow.passedMs += 4000;
  assert.deepEqual(await asks(0), { asked: 1, refused: '' }, 'an old proof is made anew');
  slow.passedMs += 4000;
  assert.deepEqual(await asks(3000), { asked: 4, refused: '' }, 'as fresh as this database gives it');
  slow.passedMs += 4000;
  const late = await asks(6000);
  assert.equal(late.asked, 4);
  assert.match(late.refused, /not confirmed by the database within 5 seconds/);
  assert.equal(lock.lost.aborted, false, 'it is still ours');
  assert.deepEqual(await asks(0), { asked: 1, refused: '' }, 'and permits again when the database answers');
  await lock[Symbol.asyncDispose]();
});
