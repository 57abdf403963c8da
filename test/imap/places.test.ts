import assert from 'node:assert/strict';
import test from 'node:test';
import { Places } from '../../src/imap/places.ts';

/** Whether it has come to an answer by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const waiting = Symbol('waiting');
  return (
    (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, waiting))])) !== waiting
  );
}

test('a second login gets a place only while the server has one', async () => {
  const places = new Places(2);
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

test('a first login waits for a second one, which is asked to give way, and for nothing else', async () => {
  const places = new Places(2);
  await places.first();
  const second = places.second();
  assert.ok(second !== null);
  const waiting = places.first();
  assert.ok(!(await isSettled(waiting)));
  assert.ok(second.wanted.aborted);
  // No second login waits any more: who decides how many accounts are worked on at a time knows better.
  assert.ok(await isSettled(places.first()));
  second.free();
  assert.ok(await isSettled(waiting));
});

test('of several second logins as many give way as first ones wait', async () => {
  const places = new Places(4);
  const seconds = [places.second(), places.second(), places.second()];
  await places.first();
  const waiting = [places.first(), places.first()];
  const asked = seconds.filter((second) => second?.wanted.aborted);
  assert.equal(asked.length, 2);
  for (const second of asked) second?.free();
  await Promise.all(waiting);
  assert.equal(places.second(), null);
});
