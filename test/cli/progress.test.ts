import assert from 'node:assert/strict';
import test from 'node:test';
import { describe, progressOn } from '../../src/cli/progress.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

const mebi = 1024 * 1024;

test('progress tells count, size, rate and time left', () => {
  const stretch = {
    label: 'alice: old: archiving',
    totals: { messages: 2000, bytes: 40 * mebi },
    started: 0,
    messages: 500,
    bytes: 10 * mebi,
    unit: 'messages',
  };
  assert.equal(
    describe(stretch, 5000),
    'alice: old: archiving: 500 of 2,000 messages, 10.0 MiB of 40.0 MiB, 2.0 MiB/s, 0:15 left',
  );
});

test('without sizes the messages tell the time left', () => {
  const stretch = {
    label: 'x',
    totals: { messages: 7200, bytes: 0 },
    started: 0,
    messages: 1,
    bytes: 0,
    unit: 'messages',
  };
  assert.equal(describe(stretch, 1000), 'x: 1 of 7,200 messages, 1:59:59 left');
  // What is done a second time after a lost connection is no share above all.
  const twice = { ...stretch, totals: { messages: 4, bytes: 0 }, messages: 6 };
  assert.equal(describe(twice, 1000), 'x: 6 of 6 messages');
});

test('at the end all is done, also where the size was an estimate, and one message is one', () => {
  const one = { label: 'x', totals: { messages: 1, bytes: 57_000 }, started: 0, messages: 1, bytes: 305 };
  assert.equal(describe({ ...one, unit: 'messages' }, 1000), 'x: 1 of 1 message, 305 B of 305 B, 305 B/s');
});

test('where the totals are not known, what was read and the rate are told', () => {
  const totals = { messages: 0, bytes: 0 };
  const stretch = { label: 'x', totals, started: 0, messages: 1200, bytes: 10 * mebi, unit: 'messages' };
  assert.equal(describe(stretch, 5000), 'x: 1,200 messages, 10.0 MiB, 2.0 MiB/s');
  assert.equal(describe({ ...stretch, messages: 1 }, 5000), 'x: 1 message, 10.0 MiB, 2.0 MiB/s');
});

test('without a terminal a line comes every 10 s and at the end', () => {
  const lines: string[] = [];
  let now = 0;
  const io = { err: (line: string) => lines.push(line), stderrIsTty: false };
  const progress = progressOn({ ...nothing, ...io }, { now: () => new Date(now) }, false);
  progress.begin('x', { messages: 3, bytes: 0 });
  for (now of [5000, 9999, 10_000, 12_000]) progress.advance(0, 0);
  assert.equal(lines.length, 1);
  progress.end();
  assert.equal(lines.length, 2);
});

test('quiet leaves out progress, not what a person must know', () => {
  const lines: string[] = [];
  const io = { err: (line: string) => lines.push(line), stderrIsTty: true };
  const progress = progressOn({ ...nothing, ...io }, { now: () => new Date(0) }, true);
  progress.begin('x', { messages: 3, bytes: 0 });
  progress.end();
  progress.note('look\nhere');
  assert.deepEqual(lines, ['look\\u{a}here']);
});

const nothing: Terminal = {
  out: () => undefined,
  raw: () => undefined,
  err: () => undefined,
  redraw: () => undefined,
  problem: () => undefined,
  style: (_style, text) => text,
  confirm: async () => false,
  ask: async () => null,
  input: async () => '',
  interactive: false,
  stdoutIsTty: false,
  stderrIsTty: false,
  outColumns: null,
  errColumns: null,
};
