import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import type { CodecReply, CodecRequest } from '../../src/codec/codec-protocol.ts';
import { WorkerPool } from '../../src/codec/worker-pool.ts';

/** A request for a job that no thread has: each thread answers so. */
const unknown: CodecRequest = { kind: 'verify', request: { op: 'close', job: 404 } };
const threads = (): number => readdirSync('/proc/self/task').length;

test('a further thread starts only when all others have a job, and never more than allowed', async (t) => {
  const pool = new WorkerPool<CodecRequest, CodecReply>('codec-worker', 2);
  t.after(() => pool.close());
  const use = async () => {
    const link = pool.take();
    await assert.rejects(link.call(unknown), /is being verified/);
    return link;
  };
  const first = await use();
  const withOne = threads();
  first.free();
  first.free();
  await use();
  assert.equal(threads(), withOne, 'the first one has no job');
  await use();
  assert.equal(threads(), withOne + 1);
  await use();
  await use();
  assert.equal(threads(), withOne + 1, 'more jobs than threads share them');
});
