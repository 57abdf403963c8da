import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import { encodeManifest } from '../../src/format/manifest.ts';
import { bulkyMessages, manifestOf, newMessage, oddMessages } from '../contract/archive-fixture.ts';

/** What a reader of docs/archive-format.md takes from a line. */
interface Line {
  readonly kind: string;
  readonly crlf: boolean;
  readonly addedNewline: boolean;
  readonly frame: { readonly offset: number; readonly length: number };
  readonly stored: { readonly offset: number; readonly length: number };
}

const all = [...oddMessages, ...bulkyMessages];
const tools = { zstd: 'zstd', gzip: 'gzip', none: 'cat' } as const;
const maxBuffer = 1e9;
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'readers-'));
});
after(() => rm(directory, { recursive: true }));

for (const compression of ['zstd', 'gzip', 'none'] as const) {
  test(`${tools[compression]} and the manifest's offsets alone give every message back`, async () => {
    const { object, manifest } = await archive(compression);
    const decompress = (input: Buffer): Buffer =>
      execFileSync(tools[compression], compression === 'none' ? [] : ['-dc'], { input, maxBuffer });
    const text = execFileSync('zstd', ['-dc'], { input: manifest, maxBuffer }).toString('utf8');
    const lines = text
      .trimEnd()
      .split('\n')
      .slice(1, -1)
      .map((line): Line => JSON.parse(line));
    assert.equal(lines.length, all.length);
    for (const [index, { frame, stored, crlf, addedNewline }] of lines.entries()) {
      const plain = decompress(object.subarray(frame.offset, frame.offset + frame.length));
      const body = plain.subarray(stored.offset, stored.offset + stored.length - (addedNewline ? 2 : 1));
      // One octet, one character; without the m flag, since only LF starts a line.
      const unquoted = body.toString('latin1').replaceAll(/(^|\n)>(>*From )/g, '$1$2');
      const message = Buffer.from(crlf ? unquoted.replaceAll('\n', '\r\n') : unquoted, 'latin1');
      assert.ok(all[index]?.equals(message), `message ${index}`);
    }
  });

  test(`the whole ${compression} object opens as one mbox file with every message in order`, async () => {
    const { object } = await archive(compression);
    const plain = execFileSync(tools[compression], compression === 'none' ? [] : ['-dc'], {
      input: object,
      maxBuffer,
    });
    const path = join(directory, `${compression}.mbox`);
    await writeFile(path, plain);
    const script =
      'import mailbox, sys, json; box = mailbox.mbox(sys.argv[1], create=False); ' +
      'print(json.dumps([(box[key]["Subject"] or None) and str(box[key]["Subject"]) for key in box.keys()]))';
    const subjects: unknown = JSON.parse(execFileSync('python3', ['-c', script, path]).toString());
    assert.ok(Array.isArray(subjects));
    assert.equal(subjects.length, all.length);
    assert.deepEqual([subjects[0], subjects[1], subjects.at(-1)], ['plain', 'no final newline', 'big']);
  });
}

async function archive(compression: keyof typeof tools): Promise<{ object: Buffer; manifest: Buffer }> {
  const codec = threadedCodec();
  try {
    const writer = codec.writer({
      format: 'mbox',
      compression,
      folder: [],
      spoolDir: directory,
      headerNames: [],
    });
    for (const [index, data] of all.entries()) await writer.add(newMessage(index + 1), Buffer.from(data));
    const written = await writer.finish();
    const object = await readFile(written.file.path);
    await writer.abort();
    return { object, manifest: Buffer.from(await encodeManifest(manifestOf(written, 'mbox', compression))) };
  } finally {
    await codec.close();
  }
}
