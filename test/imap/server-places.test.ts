import assert from 'node:assert/strict';
import test from 'node:test';
import { ServerPlaces } from '../../src/imap/server-places.ts';

/** Whether it has come to an answer by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const waiting = Symbol('waiting');
  return (
    (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, waiting))])) !== waiting
  );
}

test('a second connection gets a place only while the server has one', async () => {
  const places = new ServerPlaces(2);
  const first = await places.first();
  const second = places.second();
  assert.ok(second !== null);
  assert.equal(places.second(), null);
  second.free();
  second.free();
  assert.ok(places.second() !== null, 'a place that was freed twice is one place');
  assert.equal(places.second(), null);
  first();
  assert.ok(places.second() !== null);
});

test('a first connection waits for a second one, which is asked to give way, and for nothing else', async () => {
  const places = new ServerPlaces(2);
  await places.first();
  const second = places.second();
  assert.ok(second !== null);
  const waiting = places.first();
  assert.ok(!(await isSettled(waiting)));
  assert.ok(second.wanted.aborted);
  // No second connection waits any more: who decides how many accounts are worked on at a time knows better.
  assert.ok(await isSettled(places.first()));
  second.free();
  assert.ok(await isSettled(waiting));
});

test('of several second connections as many give way as first ones wait', async () => {
  const places = new ServerPlaces(4);
  const seconds = [places.second(), places.second(), places.second()];
  await places.first();
  const waiting = [places.first(), places.first()];
  const asked = seconds.filter((second) => second?.wanted.aborted);
  assert.equal(asked.length, 2);
  for (const second of asked) second?.free();
  await Promise.all(waiting);
  assert.equal(places.second(), null);
});

test('who waits for a place is woken by the signal, and holds no place', async () => {
  const places = new ServerPlaces(1);
  const second = places.second();
  const stop = new AbortController();
  const waiting = places.first(stop.signal);
  stop.abort(new RangeError('stopped'));
  await assert.rejects(waiting, { message: 'stopped' });
  await assert.rejects(places.first(stop.signal), { message: 'stopped' });
  second?.free();
  assert.ok(places.second() !== null);
});
