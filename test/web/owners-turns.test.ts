/** What one owner, or all of them, can make the daemon do at once. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'node:test';
import { startWeb } from '../../src/web/server.ts';
import { OwnerTurns } from '../../src/web/owners/turns.ts';
import { archiveOf, bob, openOwners } from './owner-site.ts';

const minute = 60_000;
const mib = 1024 * 1024;
const stays = new AbortController().signal;

function tooMuch(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 429;
}

test('an owner searches for ten words at most, also in one phrase, and thirty times a minute', async (t) => {
  const { owner, pass, site } = await openOwners(t);
  const one = await owner(bob);
  const ask = (q: string): ReturnType<typeof one.ask> =>
    one.ask(`/mine?${new URLSearchParams({ q }).toString()}`);
  const words = Array.from({ length: 200 }, (_, index) => String.fromCodePoint(97 + (index % 26)));
  for (const q of [
    words.map((word) => `-${word}`).join(' '),
    `"${words.join(' ')}"`,
    `-"${words.join('.')}"`,
  ])
    assert.match((await ask(q)).text, /A search has at most 12 words and fields/);
  assert.match((await ask('a b c d e f g h i j since:2024-01-31 before:2025-01-31')).text, /Nothing found/);
  for (let index = 0; index < 29; index++) assert.equal((await ask('x'.repeat(900))).status, 200);
  const last = await ask('x');
  assert.deepEqual([last.status, last.headers.get('retry-after')], [429, '60']);
  pass(minute);
  assert.equal((await ask('x')).status, 200);
  const { rows } = await site.app.catalog.auditPage({ action: 'search' }, { limit: 99, offset: 0 });
  assert.ok(rows.every(({ detail }) => detail.length < 300));
});

test('a word of one or two letters is no beginning of another, so it does not match nearly all mail', async (t) => {
  const place = await openOwners(t);
  await archiveOf(place, bob, 'Invoice of 东京都');
  const one = await place.owner(bob);
  const found = async (q: string): Promise<boolean> =>
    (await one.ask(`/mine?${new URLSearchParams({ q }).toString()}`)).text.includes('Invoice of');
  for (const q of ['inv', 'of', 'subject:invo', '-o', '-"invoice o"', '东']) assert.ok(await found(q), q);
  for (const q of ['in', 'o', '-of', '"invoice o"', 'subject:in']) assert.ok(!(await found(q)), q);
});

test('an account opens 120 messages a minute, and another account its own', async () => {
  const clock = { now: 0 };
  const turns = new OwnerTurns(() => clock.now);
  for (let index = 0; index < 120; index++) turns.page('one');
  assert.throws(() => turns.page('one'), tooMuch);
  turns.page('another');
  clock.now = minute;
  turns.page('one');
});

test('one account has one task under way and three that wait; what nobody waits for is not begun', async () => {
  const turns = new OwnerTurns(() => 0);
  const first = Promise.withResolvers<string>();
  const left = new AbortController();
  let begun = 0;
  const task = (): Promise<string> => {
    begun += 1;
    return first.promise;
  };
  const all = [stays, left.signal, left.signal, stays].map((gone) => turns.read('one', gone, task));
  const ended = Promise.allSettled(all);
  await assert.rejects(turns.read('one', stays, task), tooMuch);
  assert.equal(await turns.read('another', stays, async () => 'mine'), 'mine');
  assert.equal(begun, 1);
  left.abort(new Error('left'));
  first.resolve('read');
  assert.deepEqual(
    (await ended).map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  assert.equal(begun, 2);
});

test('searches of owners run one at a time, and leave as much time to others as they take', async () => {
  const turns = new OwnerTurns(() => 0);
  const order: string[] = [];
  const slow = async (): Promise<void> => {
    order.push('slow');
    const until = performance.now() + 100;
    while (performance.now() < until);
  };
  const ended = { at: 0, next: 0 };
  const first = turns.search('one', stays, slow).then(() => (ended.at = performance.now()));
  const second = turns.search('another', stays, async () => void (ended.next = performance.now()));
  await Promise.all([first, second]);
  assert.ok(ended.next - ended.at >= 80, `${ended.next - ended.at} ms`);
});

test('a download keeps its place until it was taken: two of an account, 16 or 256 MiB in all', async () => {
  const turns = new OwnerTurns(() => 0);
  const clients = Array.from({ length: 16 }, () => new AbortController());
  clients.forEach(({ signal }, index) => turns.takeDownload(`account ${index >> 1}`, 10 * mib, signal));
  assert.throws(() => turns.takeDownload('account 0', 1, stays), tooMuch);
  assert.throws(() => turns.takeDownload('new', 1, stays), tooMuch);
  clients[0]?.abort();
  assert.throws(() => turns.takeDownload('account 1', 1, stays), tooMuch);
  assert.throws(() => turns.takeDownload('account 0', 107 * mib, stays), tooMuch);
  turns.takeDownload('account 0', 106 * mib, new AbortController().signal);
  const alone = new OwnerTurns(() => 0);
  alone.takeDownload('one', 300 * mib, stays);
  assert.throws(() => alone.takeDownload('another', 1, stays), tooMuch);
});

test('a client that takes no byte of its answer is cut off', async (t) => {
  const stopped = Promise.withResolvers<void>();
  const web = await startWeb({
    host: '127.0.0.1',
    port: 0,
    metrics: {
      contentType: 'text/plain',
      async *text() {
        try {
          for (let index = 0; index < 64; index++) yield 'x'.repeat(mib);
        } finally {
          stopped.resolve();
        }
      },
    },
    log: () => undefined,
    stuckMs: 200,
  });
  t.after(() => web.close());
  const client = connect(web.port, '127.0.0.1');
  client.on('error', () => undefined);
  await once(client, 'connect');
  client.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
  // Not read until the other side has ended: what is read then ends early.
  await stopped.promise;
  let taken = 0;
  client.on('data', (part: Buffer) => (taken += part.length));
  await once(client, 'close');
  assert.ok(taken < 64 * mib, `${taken} bytes`);
});
