import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { isTarEnd, padded, TarWalk } from '../../src/format/tar-walk.ts';

const files = { 'a/empty': '', 'a/one': 'x', 'b/block': 'y'.repeat(512), 'b/more': 'z'.repeat(1300) };

/** A tar that GNU tar made, without its end. */
async function made(prepare: (directory: string) => Promise<void>): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'tar-'));
  try {
    await prepare(directory);
    const tar = execFileSync('tar', ['--format=posix', '--sort=name', '-C', directory, '-cf', '-', '.']);
    // What is zero from a block's border to the end is the end of the tar.
    const last = tar.findLastIndex((byte) => byte !== 0);
    return tar.subarray(0, padded(last + 1));
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function tree(directory: string): Promise<void> {
  for (const part of ['a', 'b']) await mkdir(join(directory, part));
  for (const [path, text] of Object.entries(files)) await writeFile(join(directory, path), text);
}

function contents(
  tar: Buffer,
  step: number,
): { readonly found: readonly string[]; readonly border: boolean } {
  const walk = new TarWalk();
  const found: string[] = [];
  let open: string | null = null;
  for (let at = 0; at < tar.length || open !== null;) {
    if (open === null) {
      at += walk.push(tar.subarray(at, Math.min(at + step, tar.length)));
      if (walk.left !== null) open = '';
      continue;
    }
    const part = tar.subarray(at, at + Math.min(step, walk.left ?? 0));
    walk.passed(part.length);
    open += part.toString();
    at += part.length;
    if (walk.left !== null) continue;
    found.push(open);
    open = null;
  }
  return { found, border: walk.atBorder };
}

test('the files of a tar made by GNU tar are found, in pieces of any size', async () => {
  const tar = await made(tree);
  for (const step of [1, 7, 511, 512, 513, 100_000]) {
    assert.deepEqual(contents(tar, step), { found: Object.values(files), border: true }, `${step}`);
  }
  assert.equal(contents(tar.subarray(0, -1), 512).border, false);
});

test('a damaged header, a broken padding and a kind of member that we never write are refused', async () => {
  const tar = await made(tree);
  for (let at = 0; at < 512; at += 3) {
    const bad = Buffer.from(tar);
    bad.writeUInt8(bad.readUInt8(at) ^ 1, at);
    assert.throws(() => contents(bad, 512), { code: 'verify' }, `octet ${at}`);
  }
  const padding = Buffer.from(tar);
  padding.writeUInt8(1, tar.length - 1);
  assert.throws(() => contents(padding, 512), { code: 'verify' });
  const link = await made((directory) => symlink('/etc/passwd', join(directory, 'link')));
  assert.throws(() => contents(link, 512), { code: 'verify', message: /type "2"/ });
});

test('lengths are filled up to whole blocks, and only zeros end a tar', () => {
  assert.deepEqual([0, 1, 511, 512, 513].map(padded), [0, 512, 512, 512, 1024]);
  assert.deepEqual([0, 512, 1023, 1024, 1025].map((length) => isTarEnd(Buffer.alloc(length))), [false, false, false, true, false]); // prettier-ignore
  assert.equal(isTarEnd(Buffer.alloc(1024, 1)), false);
});
