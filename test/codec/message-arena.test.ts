import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { MessageArena } from '../../src/codec/message-arena.ts';
import { Random } from '../corpus/random.ts';

test('messages come out as their pieces went in, however long they are, and stay so', () => {
  const random = new Random(7);
  const arena = new MessageArena();
  const expected: Buffer[] = [];
  const taken: Uint8Array[] = [];
  for (let message = 0; message < 400; message += 1) {
    const pieces = Array.from({ length: random.whole(0, 4) }, () =>
      Buffer.alloc(random.whole(0, message % 40 === 0 ? 400_000 : 2_000), random.whole(0, 255)),
    );
    for (const piece of pieces) arena.append(piece);
    expected.push(Buffer.concat(pieces));
    taken.push(arena.take());
  }
  for (const [index, message] of taken.entries())
    assert.ok(Buffer.compare(message, expected[index] ?? Buffer.alloc(0)) === 0, `message ${index}`);
  assert.ok(new Set(taken.map(({ buffer }) => buffer)).size < 40, 'small messages share their memory');
});

test('whoever gets a message may free its memory, and the next ones come all the same', () => {
  const arena = new MessageArena();
  for (const sizes of [
    [300_000],
    [65_536, 65_536, 65_536, 65_536],
    [262_144],
    [200_000, 200_000],
    [5],
    [300_000, 1],
  ]) {
    for (const size of sizes) arena.append(Buffer.alloc(size, 7));
    const message = arena.take();
    assert.equal(
      message.length,
      sizes.reduce((sum, size) => sum + size),
    );
    assert.ok(message.every((byte) => byte === 7));
    const { buffer } = message;
    if (buffer instanceof ArrayBuffer && buffer.byteLength === message.length) buffer.transfer(0);
    assert.equal(arena.take().length, 0);
  }
});

test('a large message has memory of its own, which can be freed with it', () => {
  const arena = new MessageArena();
  arena.append(Buffer.from('small'));
  arena.take();
  for (const pieces of [[300_000], [200_000, 200_000, 5]]) {
    for (const size of pieces) arena.append(Buffer.alloc(size));
    const { buffer, length } = arena.take();
    assert.equal(buffer.byteLength, length);
  }
});
