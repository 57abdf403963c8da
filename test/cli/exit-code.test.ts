import assert from 'node:assert/strict';
import test from 'node:test';
import { type AccountOutcome, exitCodeOf, exitCodeOfRun, strongest } from '../../src/cli/exit-code.ts';
import { bytes } from '../../src/domain/brands.ts';
import { ConfigError, type ErrorCode, MothballError } from '../../src/errors.ts';
import type { RunReport } from '../../src/work/report.ts';

function report(parts: Partial<RunReport> & { readonly moved?: number } = {}): RunReport {
  const { moved = 0, ...rest } = parts;
  const none = { messages: 0, bytes: bytes(0) };
  return {
    policy: 'old',
    server: 'main',
    account: 'alice',
    mode: 'enforce',
    archived: { messages: moved, bytes: bytes(moved) },
    deleted: none,
    skipped: [],
    folders: [],
    errors: [],
    notices: [],
    limits: [],
    plan: null,
    ...rest,
  };
}

const done = (...reports: readonly RunReport[]): AccountOutcome => ({ kind: 'done', reports });
const locked: AccountOutcome = { kind: 'locked', reports: [report({ mode: 'plan' })] };
const failed = (code: ErrorCode): AccountOutcome => ({
  kind: 'failed',
  error: new MothballError('no', { code }),
});
const failure = { code: 'auth', message: 'refused' } as const;
const verifyFailure = { code: 'verify', message: 'differs' } as const;
const limit = { limit: 'maxMessages', allowed: 1, wanted: 2, of: 'messages' } as const;

const cases: readonly (readonly [name: string, outcomes: readonly AccountOutcome[], code: number])[] = [
  ['nothing to do is fine', [], 0],
  ['all done is fine', [done(report({ moved: 3 }))], 0],
  ['all failed is a failure', [done(report({ errors: [failure] })), failed('connect')], 1],
  ['a failed account beside a good one is partial', [done(report()), failed('connect')], 3],
  ['an error after some work is partial', [done(report({ moved: 1, errors: [failure] }))], 3],
  ['a notice is partial', [done(report({ moved: 1, notices: ['target out of reach'] }))], 3],
  ['every account locked says so', [locked, locked], 11],
  ['one account locked of two is partial', [locked, done(report())], 3],
  ['a limit wins over a failure', [done(report({ limits: [limit] })), failed('connect')], 5],
  [
    'a failed verification wins over a limit',
    [done(report({ limits: [limit] }), report({ errors: [verifyFailure] }))],
    4,
  ],
  ['a configuration error wins over all', [done(report({ errors: [verifyFailure] })), failed('config')], 2],
];

for (const [name, outcomes, code] of cases) test(name, () => assert.equal(exitCodeOfRun(outcomes), code));

test('precedence is 2, 4, 5, 1, 11, 3', () => {
  const order = [2, 4, 5, 1, 11, 3] as const;
  for (const [index, code] of order.entries()) assert.equal(strongest(order.slice(index).toReversed()), code);
  assert.equal(strongest([]), 0);
});

test('what is thrown maps to its exit code, the unexpected to 1', () => {
  assert.equal(exitCodeOf(new ConfigError([])), 2);
  assert.equal(exitCodeOf(new MothballError('', { code: 'locked' })), 11);
  assert.equal(exitCodeOf(new Error('boom')), 1);
  assert.equal(exitCodeOf('boom'), 1);
});
