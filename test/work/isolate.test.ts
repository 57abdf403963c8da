import assert from 'node:assert/strict';
import test from 'node:test';
import { type ErrorCode, MothballError } from '../../src/errors.ts';
import { afterFailure } from '../../src/work/isolate.ts';

const failure = (code: ErrorCode): MothballError => new MothballError(`a failure: ${code}`, { code });

for (const [first, second, thrown] of [
  ['missing', null, 'missing'],
  ['missing', 'protocol', 'missing'],
  ['missing', 'database', 'database'],
  ['missing', 'throttled', 'throttled'],
  ['database', 'missing', 'database'],
  ['interrupted', 'database', 'interrupted'],
] as const)
  test(`after ${first}, ${second ?? 'a step that succeeds'} leaves ${thrown}`, async () => {
    const step = async (): Promise<void> => {
      if (second !== null) throw failure(second);
    };
    await assert.rejects(afterFailure(failure(first), step), { code: thrown });
  });
