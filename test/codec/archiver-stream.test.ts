import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { TarArchive, ZipArchive } from 'archiver';
import { ArchiverStream } from '../../src/codec/archiver-stream.ts';
import { LargeMessage } from '../../src/codec/large-message.ts';
import { newMessage } from '../contract/archive-fixture.ts';

const makers = { zip: () => new ZipArchive({ store: true }), tar: () => new TarArchive() };
const entry = { name: 'a.eml', date: new Date(0), mode: 0o600 };

async function spooled(t: TestContext, data: Buffer): Promise<LargeMessage> {
  const directory = await mkdtemp(join(tmpdir(), 'large-'));
  t.after(() => rm(directory, { recursive: true }));
  const large = new LargeMessage(join(directory, 'message'), newMessage(1));
  large.push(data);
  large.complete();
  return large;
}

for (const [name, make] of Object.entries(makers)) {
  test(`${name}: each member has gone to its sink, whole, when its call resolves`, async () => {
    const stream = new ArchiverStream(make());
    for (const size of [0, 1, 5_000_000, 10, 1_048_576]) {
      const data = Buffer.alloc(size, 'line\n');
      const pieces: Buffer[] = [];
      await stream.bytes(data, entry, (piece) => void pieces.push(Buffer.from(piece)));
      const member = Buffer.concat(pieces);
      // The caller uses the memory again.
      data.fill(0);
      await setTimeout(5);
      assert.equal(Buffer.concat(pieces).length, member.length);
      assert.ok(member.includes(Buffer.alloc(size, 'line\n')));
    }
    stream.discard();
  });

  test(`${name}: a sink that holds back gets one piece at a time, and the member is whole only after it`, async (t) => {
    const stream = new ArchiverStream(make());
    const large = await spooled(t, Buffer.alloc(3_000_000, 'x'));
    let busy = false;
    let total = 0;
    const stats = statSync(large.path);
    await stream.file(large, { ...entry, stats }, async (piece) => {
      assert.equal(busy, false);
      busy = true;
      await setTimeout(1);
      total += piece.length;
      busy = false;
    });
    assert.ok(!busy && total > 3_000_000);
    stream.discard();
  });

  test(`${name}: what a sink throws, or holds back with, ends the call, and every one after it`, async () => {
    for (const sink of [
      (): void => {
        throw new Error('disk full');
      },
      (): Promise<void> => Promise.reject(new Error('disk full')),
    ]) {
      const stream = new ArchiverStream(make());
      await assert.rejects(stream.bytes(Buffer.alloc(100_000), entry, sink), /disk full/);
      await assert.rejects(
        stream.bytes(Buffer.alloc(1), entry, () => undefined),
        /disk full/,
      );
      await assert.rejects(
        stream.finalize(() => undefined),
        /disk full/,
      );
      stream.discard();
    }
  });

  test(`${name}: a spool file that is gone ends the call instead of holding it for ever`, async (t) => {
    const stream = new ArchiverStream(make());
    const large = await spooled(t, Buffer.from('message'));
    const stats = statSync(large.path);
    large.discard();
    await assert.rejects(
      stream.file(large, { ...entry, stats }, () => undefined),
      /ENOENT/,
    );
    stream.discard();
  });
}
