import assert from 'node:assert/strict';
import test from 'node:test';
import { Activity, parseDaemonState, writeDaemonState } from '../../src/watch/daemon-state.ts';

const clock = { now: () => new Date('2026-11-20T04:00:00Z') };
const alice = { server: 'main', account: 'alice@example.com' };

test('what a daemon writes about itself is read back', () => {
  const activity = new Activity(clock);
  activity.begin('run', alice);
  activity.postponed(alice, 'locked', clock.now());
  const state = activity.state(3, false);
  assert.deepEqual(parseDaemonState(writeDaemonState(state)), state);
});

test('the beat of a daemon of another version is read as far as it is understood', () => {
  const since = clock.now().toISOString();
  const newer = {
    jobs: [
      { kind: 'run', ...alice, since, phase: 'purge' },
      { kind: 'defragment', server: null, account: null, since },
    ],
    waiting: 'a few',
    stopping: true,
    weather: 'fine',
  };
  const state = parseDaemonState(JSON.stringify(newer));
  assert.deepEqual(
    state?.jobs.map(({ kind }) => kind),
    ['run'],
  );
  assert.deepEqual([state?.waiting, state?.postponed, state?.stopping], [0, [], true]);
  assert.equal(parseDaemonState('no JSON'), null);
  assert.equal(parseDaemonState('[]'), null);
});

test('thousands of postponed accounts do not make the beat large', () => {
  const activity = new Activity(clock);
  for (let index = 0; index < 5_000; index += 1)
    activity.postponed({ server: 'main', account: `user${index}` }, 'paused', clock.now());
  assert.ok(writeDaemonState(activity.state(0, false)).length < 100_000);
});
