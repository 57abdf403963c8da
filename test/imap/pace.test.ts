import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import type { MessageMeta } from '../../src/domain/message.ts';
import { imapMail } from '../../src/imap/mail.ts';
import { Meter, Pace } from '../../src/imap/pace.ts';
import type { MailSession } from '../../src/ports/mail.ts';
import { scriptedFolder, scriptedMessage } from '../servers/scripted-types.ts';
import { withServer } from './scripted.ts';
import { accountOf, serverAt } from './sessions.ts';

test('what was taken beyond the budget is waited for by whoever comes next', async () => {
  const waits: number[] = [];
  const pace = new Pace(100_000, (ms) => waits.push(ms));
  await pace.take(50_000);
  assert.deepEqual(waits, [], 'the first one goes ahead at once');
  const began = performance.now();
  await Promise.all([pace.take(50_000), pace.take(1)]);
  assert.equal(waits.length, 2);
  // The second waits for the first half second of budget, the third for that of the second too.
  assert.ok((waits[1] ?? 0) > (waits[0] ?? 0) + 400);
  assert.ok(performance.now() - began >= 800, 'nobody is let through early');
});

test('a wait ends with the signal, and with its reason', async () => {
  const stop = new AbortController();
  const pace = new Pace(1, () => undefined, { signal: stop.signal });
  await pace.take(1_000_000);
  const waiting = pace.take(1);
  stop.abort(new RangeError('stopped'));
  await assert.rejects(waiting, { message: 'stopped' });
});

test('where the budget is shared, what all together took is waited for', async () => {
  const waits: number[] = [];
  const asked: (readonly [number, number])[] = [];
  const shared = async (taken: number, perSecond: number): Promise<number> => {
    asked.push([taken, perSecond]);
    return asked.length === 1 ? 0 : 30;
  };
  const pace = new Pace(100_000, (ms) => waits.push(ms), { shared });
  await pace.take(5_000_000);
  await pace.take(7);
  assert.deepEqual(asked, [
    [5_000_000, 100_000],
    [7, 100_000],
  ]);
  assert.deepEqual(waits, [30]);
});

test('all that a server sends counts, bodies and what plans and scans ask for, and nothing twice', async () => {
  const messages = Array.from({ length: 800 }, (_, index) =>
    scriptedMessage(index + 1, { body: 'x'.repeat(200) }),
  );
  const folders = { INBOX: scriptedFolder({ messages }) };
  await withServer({ folders }, async (server) => {
    const maxBytesPerSecond = bytes(20_000);
    const servers = new Map([['test', serverAt(server.port, { maxBytesPerSecond })]]);
    let taken = 0;
    const budget = async (_server: string, amount: number): Promise<number> => {
      taken += amount;
      return 0;
    };
    const mail = imapMail(servers, [accountOf('bob')], { budget });
    await using session = await mail.open(accountOf('bob'));
    /** What is owed at most before it is taken, and what the last command brought. */
    const part = 1000;
    const same = async (what: string): Promise<void> => {
      await session.folders();
      const { bytes: came } = session.traffic;
      assert.ok(Math.abs(came - taken) <= 2 * part, `${what}: ${came} came, ${taken} were taken`);
    };
    await session.examine('INBOX');
    const metas = await listed(session);
    assert.equal(metas.length, 800);
    const { bytes: before } = session.traffic;
    assert.ok(before > 30_000, `${before}`);
    await same('lists');
    const wanted = metas.map((meta) => ({ uid: meta.uid, size: bytes(200) }));
    await session.fetchBodies(wanted, () => undefined);
    assert.ok(session.traffic.bytes > before + 800 * 200);
    await same('bodies');
  });
});

test('what is listed is waited for by the next command, not by a session that ends', async () => {
  const messages = Array.from({ length: 300 }, (_, index) => scriptedMessage(index + 1));
  await withServer({ folders: { INBOX: scriptedFolder({ messages }) } }, async (server) => {
    const maxBytesPerSecond = bytes(20_000);
    const servers = new Map([['test', serverAt(server.port, { maxBytesPerSecond })]]);
    const waits: number[] = [];
    const mail = imapMail(servers, [accountOf('bob')], { throttled: (_server, ms) => waits.push(ms) });
    const session = await mail.open(accountOf('bob'));
    await session.examine('INBOX');
    const began = performance.now();
    await listed(session);
    const owed = ((session.traffic.bytes - 2000) / maxBytesPerSecond) * 1000;
    // This one takes what the first brought, the folders what it brought itself.
    await listed(session);
    await session.folders();
    const took = performance.now() - began;
    assert.ok(took > owed, `${took} of ${owed} ms`);
    await listed(session);
    const ending = performance.now();
    await session[Symbol.asyncDispose]();
    assert.ok(performance.now() - ending < 1000, 'a log-out waits for nothing');
    assert.ok(waits.length > 0);
  });
});

async function listed(session: MailSession): Promise<readonly MessageMeta[]> {
  const found: MessageMeta[] = [];
  for await (const meta of session.fetchMeta(await session.search([]))) found.push(meta);
  return found;
}

test('nothing waits for the budget in the middle of a change of mail, and all of it is counted afterwards', async () => {
  const waits: number[] = [];
  const pace = new Pace(1_000_000, (ms) => waits.push(ms));
  let received = 0;
  const meter = new Meter(pace, () => received);
  const read = async (command: string): Promise<void> => {
    await meter.settleBefore(command);
    received += 200_000;
  };
  await read('SELECT');
  await read('UID FETCH');
  assert.equal(waits.length, 0);
  await pace.take(300_000);
  waits.length = 0;
  for (const command of ['UID STORE', 'UID FETCH', 'UID EXPUNGE', 'SELECT', 'LOGOUT']) await read(command);
  assert.deepEqual(waits, []);
  const began = performance.now();
  await meter.settleBefore('UID FETCH');
  assert.ok(performance.now() - began > 200, 'what came meanwhile is waited for');
});
