import assert from 'node:assert/strict';
import test from 'node:test';
import { HandPlaces } from '../../src/queue/hand-places.ts';

const never = new AbortController().signal;

/** Asks for a place for each, and notes who gets one in which order. */
function line(places: HandPlaces): { ask: (server: string) => void; got: string[]; back: Disposable[] } {
  const got: string[] = [];
  const back: Disposable[] = [];
  const ask = (server: string): void =>
    void places.take(server, never).then((place) => {
      got.push(server);
      if (place !== null) back.push(place);
    });
  return { ask, got, back };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the next free place goes to the server with the fewest accounts in hand', async () => {
  const { ask, got, back } = line(new HandPlaces(3));
  for (const server of ['greedy', 'greedy', 'modest', 'greedy', 'greedy', 'modest', 'new']) ask(server);
  await turn();
  assert.deepEqual(got, ['greedy', 'greedy', 'modest']);
  back[0]?.[Symbol.dispose]();
  await turn();
  assert.deepEqual(got.slice(3), ['new'], 'it has none in hand');
  // One of each is in hand now.
  back[1]?.[Symbol.dispose]();
  await turn();
  assert.deepEqual(got.slice(4), ['greedy'], 'it has none in hand any more');
  back[2]?.[Symbol.dispose]();
  await turn();
  assert.deepEqual(got.slice(5), ['modest']);
});

test('of servers with as many in hand, the one that waits longest has the next place', async () => {
  const { ask, got, back } = line(new HandPlaces(1));
  for (const server of ['a', 'b', 'c']) ask(server);
  await turn();
  back[0]?.[Symbol.dispose]();
  ask('a');
  await turn();
  // Given back twice counts once.
  back[0]?.[Symbol.dispose]();
  await turn();
  assert.deepEqual(got, ['a', 'b']);
  for (const index of [1, 2]) {
    back[index]?.[Symbol.dispose]();
    await turn();
  }
  assert.deepEqual(got, ['a', 'b', 'c', 'a']);
});

test('who stops to wait takes no place', async () => {
  const places = new HandPlaces(1);
  const first = await places.take('a', never);
  const ending = new AbortController();
  const waiting = places.take('b', ending.signal);
  ending.abort();
  assert.equal(await waiting, null);
  assert.equal(await places.take('b', ending.signal), null);
  first?.[Symbol.dispose]();
  assert.notEqual(await places.take('c', never), null);
});
