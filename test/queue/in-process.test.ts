import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { InProcessQueue } from '../../src/queue/in-process.ts';

/** Jobs that end when they are told to, and what of them was seen. */
function workshop(queue: InProcessQueue): {
  add(key: string, server?: string): boolean;
  end(key: string): Promise<void>;
  readonly running: ReadonlySet<string>;
  readonly started: readonly string[];
} {
  const running = new Map<string, () => void>();
  const started: string[] = [];
  return {
    add: (key, server = 'main') =>
      queue.add({
        key,
        server,
        run: async () => {
          assert.ok(!running.has(key), `${key} runs twice`);
          started.push(key);
          await new Promise<void>((resolve) => running.set(key, resolve));
        },
      }),
    async end(key) {
      const done = running.get(key);
      running.delete(key);
      assert.ok(done, `${key} does not run`);
      done();
      for (let count = 0; count < 5; count += 1) await turn();
    },
    get running() {
      return new Set(running.keys());
    },
    started,
  };
}

test('two accounts run side by side, one account never twice', async () => {
  const shop = workshop(new InProcessQueue());
  assert.ok(shop.add('alice'));
  assert.ok(shop.add('bob'));
  await turn();
  assert.ok(shop.add('alice'), 'what came while it ran is done afterwards');
  assert.equal(shop.add('alice'), false, 'but once only');
  await turn();
  assert.deepEqual([...shop.running], ['alice', 'bob']);
  await shop.end('alice');
  assert.deepEqual(shop.started, ['alice', 'bob', 'alice']);
  await shop.end('alice');
  await shop.end('bob');
  assert.equal(shop.running.size, 0);
});

test('a server has no more jobs than its budget, another server has its own', async () => {
  const queue = new InProcessQueue();
  queue.limit('main', 1);
  queue.limit('other', 2);
  const shop = workshop(queue);
  for (const key of ['a', 'b']) shop.add(key, 'main');
  for (const key of ['c', 'd', 'e']) shop.add(key, 'other');
  assert.equal(shop.add('b', 'main'), false, 'a job that waits stands for a second');
  await turn();
  assert.deepEqual([...shop.running].toSorted(), ['a', 'c', 'd']);
  assert.deepEqual(queue.stats().get('main'), { running: 1, waiting: 1 });
  await shop.end('a');
  assert.ok(shop.running.has('b'));
});

test('draining drops what waits and ends with what runs', async () => {
  const queue = new InProcessQueue();
  queue.limit('main', 1);
  const shop = workshop(queue);
  for (const key of ['a', 'b']) shop.add(key);
  await turn();
  shop.add('a');
  const events: string[] = [];
  const drained = queue.drain().then(() => events.push('drained'));
  await turn();
  assert.deepEqual(events, []);
  assert.equal(shop.add('c'), false);
  await shop.end('a');
  await drained;
  assert.deepEqual([shop.started, events], [['a'], ['drained']]);
});
