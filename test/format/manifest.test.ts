import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import test from 'node:test';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { bytes, sha256 } from '../../src/domain/brands.ts';
import type { Manifest } from '../../src/format/manifest-types.ts';
import { parseManifest } from '../../src/format/manifest-parse.ts';
import { encodeManifest, manifestDigest, plainManifest } from '../../src/format/manifest.ts';
import { digest, manifest, manifestLines, message, named } from './manifest-samples.ts';

const parseManifestLines = (text: Uint8Array): Promise<Manifest> =>
  parseManifest(zlib.zstdCompressSync(text));

/** Any UTF-16: lone surrogates, NUL, line separators. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
);

test('any text in a manifest comes back', async () => {
  const messages = fc.array(
    fc.record({
      subject: fc.option(anyText),
      messageId: fc.option(anyText),
      flags: fc.array(anyText),
      headers: fc.dictionary(fc.oneof(anyText, fc.constant('__proto__')), fc.array(anyText)),
      crlf: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(anyText, messages, async (folder, list) => {
      const written = named({
        head: { ...manifest.head, folder },
        messages: list.map((some) => {
          return { ...message, ...some, headers: Object.fromEntries(Object.entries(some.headers)) };
        }),
      });
      assert.deepStrictEqual(await parseManifest(await encodeManifest(written)), written);
    }),
  );
});

test('zstd opens a manifest, of one frame or of several', async () => {
  const long = named({ ...manifest, messages: Array.from({ length: 30_000 }, () => message) });
  for (const written of [manifest, long]) {
    const object = await encodeManifest(written);
    const plain = execFileSync('zstd', ['-dc'], { input: object, maxBuffer: 1e9 });
    assert.ok(plain.equals(manifestLines(written)));
    assert.equal((await parseManifest(object)).messages.length, written.messages.length);
    const lines = plain.toString('utf8').trimEnd().split('\n');
    const end: unknown = JSON.parse(lines.pop() ?? '');
    const before = createHash('sha256')
      .update(`${lines.join('\n')}\n`)
      .digest('hex');
    assert.deepEqual(end, { kind: 'end', messages: written.messages.length, digest: before });
  }
});

test('keys that a later tool adds are skipped', async () => {
  const text = rewritten((line) => ({ ...line, later: { x: 1 } }));
  assert.deepStrictEqual(await parseManifestLines(text), manifest);
});

test('a manifest from before objects had versions keeps its digest', async () => {
  const old = await parseManifestLines(rewritten((line) => line));
  assert.ok(!('objectVersion' in old.head));
  for (const objectVersion of ['v1', null]) {
    const versioned = { ...manifest, head: { ...manifest.head, objectVersion } };
    const read = await parseManifestLines(manifestLines({ ...manifest, head: { ...versioned.head } }));
    assert.equal(read.head.objectVersion, objectVersion);
    assert.equal(
      await manifestDigest(read),
      await manifestDigest(await parseManifestLines(manifestLines(read))),
    );
    assert.notEqual(await manifestDigest(read), await manifestDigest(old));
  }
  assert.equal(await manifestDigest(old), await manifestDigest(manifest));
});

test('the manifest of an encrypted object tells what comes out of it', async () => {
  const encryption = {
    type: 'age',
    recipients: digest,
    bytes: bytes(40),
    sha256: sha256('cd'.repeat(32)),
  } as const;
  const sealed = { ...manifest, head: { ...manifest.head, encryption } };
  assert.deepEqual(await parseManifest(await encodeManifest(sealed)), sealed);
  const { bytes: length, sha256: whole } = encryption;
  assert.deepEqual(plainManifest(sealed), {
    ...manifest,
    head: { ...manifest.head, bytes: length, sha256: whole },
  });
  assert.equal(plainManifest(manifest), manifest);
  for (const wrong of [{ ...encryption, type: 'pgp' }, { ...encryption, bytes: -1 }, null, 'age']) {
    const text = manifestLines(sealed).toString().replace(JSON.stringify(encryption), JSON.stringify(wrong));
    await assert.rejects(async () => await parseManifestLines(Buffer.from(text)), {
      code: 'verify',
      message: /encryption|type|bytes/,
    });
  }
});

test('each field is checked', async () => {
  const wrong: readonly unknown[] = [
    undefined,
    {},
    [1],
    true,
    -1,
    1.5,
    2 ** 53,
    'G'.repeat(64),
    { offset: 0 },
  ];
  for (const [index, line] of [manifest.head, message].entries()) {
    for (const field of Object.keys(line)) {
      let refused = 0;
      for (const value of wrong) {
        const text = rewritten((old, place) => (place === index ? { ...old, [field]: value } : old));
        try {
          await parseManifestLines(text);
        } catch (error) {
          const tells = (words: string): boolean => words.includes(field) || words.includes('its ID is not');
          const known = error instanceof Error && tells(error.message) && 'code' in error;
          assert.ok(
            known && ['verify', 'unsupported'].includes(String(error.code)),
            `${field}: ${String(error)}`,
          );
          refused += 1;
        }
      }
      assert.ok(refused >= 7, `${field} takes ${wrong.length - refused} of the wrong values`);
    }
  }
});

test('a manifest cut anywhere, altered, or without its end is damaged', async () => {
  const lines = Buffer.from(manifestLines(manifest));
  for (let at = 0; at < lines.length; at += 11) {
    await assert.rejects(
      async () => await parseManifestLines(lines.subarray(0, at)),
      { code: 'verify' },
      `cut at ${at}`,
    );
  }
  const object = Buffer.from(await encodeManifest(manifest));
  for (let at = 0; at < object.length; at += 5) {
    const flipped = Buffer.from(object);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 4, at);
    await assert.rejects(async () => await parseManifest(flipped), { code: 'verify' }, `flip at ${at}`);
    await assert.rejects(
      async () => await parseManifest(object.subarray(0, at)),
      { code: 'verify' },
      `cut at ${at}`,
    );
  }
  const altered = Buffer.from(lines.toString().replace('"subject":"x"', '"subject":"y"'));
  await assert.rejects(async () => await parseManifestLines(altered), { code: 'verify', message: /digest/ });
  const second = zlib.zstdCompressSync(Buffer.from('{}\n'));
  await assert.rejects(async () => await parseManifest(Buffer.concat([object, second])), { code: 'verify' });
});

test('a manifest whose ID is not that of what it lists is refused, whichever part of it was made up', async () => {
  const other = sha256('cd'.repeat(32));
  const forgeries: readonly object[] = [
    { sha256: other },
    { size: 6 },
    { uid: 2 },
    { internalDate: '2020-01-01T00:00:01.000Z' },
  ];
  for (const forged of forgeries) {
    const text = rewritten((line, index) => (index === 1 ? { ...line, ...forged } : line));
    await assert.rejects(
      async () => await parseManifestLines(text),
      { code: 'verify', message: /ID/ },
      JSON.stringify(forged),
    );
  }
  for (const field of ['server', 'account', 'folder', 'mailboxId', 'policy', 'store']) {
    const text = rewritten((line, index) => (index === 0 ? { ...line, [field]: 'forged' } : line));
    await assert.rejects(
      async () => await parseManifestLines(text),
      { code: 'verify', message: /ID/ },
      field,
    );
  }
});

test('a final line that counts more or fewer messages than there are is damage, though its digest is right', async () => {
  const lines = manifestLines(manifest).toString();
  for (const count of [0, 2, 3]) {
    const wrong = lines.replace('"messages":1,', `"messages":${count},`);
    assert.notEqual(wrong, lines);
    await assert.rejects(async () => await parseManifestLines(Buffer.from(wrong)), {
      code: 'verify',
      message: /lists 1/,
    });
  }
});

test('a version that this tool does not know is named', async () => {
  const text = rewritten((line) => ('version' in line ? { ...line, version: 2 } : line));
  await assert.rejects(async () => await parseManifestLines(text), {
    code: 'unsupported',
    message: /version 2/,
  });
});

test('an archive of nothing has no manifest', async () => {
  await assert.rejects(async () => await encodeManifest({ ...manifest, messages: [] }), RangeError);
});

/** The manifest with altered lines and a right end. */
function rewritten(change: (line: object, index: number) => object): Buffer {
  const lines = [manifest.head, ...manifest.messages].map((line, index) =>
    JSON.stringify(change(line, index)),
  );
  const before = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const end = { kind: 'end', messages: 1, digest: createHash('sha256').update(before).digest('hex') };
  return Buffer.concat([before, Buffer.from(`${JSON.stringify(end)}\n`)]);
}

test('a name in the first line that no folder can have makes the manifest damaged', async () => {
  for (const name of ['server', 'account', 'folder', 'policy', 'run', 'store', 'key', 'tool'] as const) {
    const renamed = (length: number): Manifest =>
      named({ ...manifest, head: { ...manifest.head, [name]: 'x'.repeat(length) } });
    const long = renamed(16 * 1024);
    assert.deepEqual(await parseManifest(await encodeManifest(long)), long);
    await assert.rejects(
      async () => await parseManifest(await encodeManifest(renamed(16 * 1024 + 1))),
      /expected at most 16384 char/,
    );
  }
});
