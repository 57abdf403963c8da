import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { ByteFeed } from '../../src/codec/byte-feed.ts';

const script = fileURLToPath(new URL('./broken-frames.ts', import.meta.url));
// As the launcher sets it: memory that is freed is gone at once, so that whoever reads it is caught.
const env = { ...process.env, MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };

for (const compression of ['zstd', 'gzip']) {
  test(`a large ${compression} frame that breaks off is told of, and nobody reads memory that was freed`, () => {
    const rounds = '150';
    const result = spawnSync(process.execPath, [script, compression, rounds], { env, encoding: 'utf8' });
    assert.equal(result.signal, null, result.stderr);
    assert.equal(result.stdout.trim(), rounds, result.stderr);
  });
}

test('what was handed out is freed when its reader is done, and left alone when it broke off', async () => {
  const feed = new ByteFeed();
  const pieces = [new Uint8Array(200_000), new Uint8Array(200_000)];
  const lengths = (): readonly number[] => pieces.map((piece) => piece.byteLength);
  for (const piece of pieces) await feed.push(piece);
  await feed.next(200_000);
  feed.forget();
  await feed.next(150_000);
  feed.done();
  assert.deepEqual(lengths(), [200_000, 200_000], 'one may be read yet, of the other a part is to come');
  await feed.next(150_000);
  feed.done();
  assert.deepEqual(lengths(), [200_000, 0]);
});
