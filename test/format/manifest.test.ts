import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import test from 'node:test';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { bytes, sha256, uid, uidValidity } from '../../src/domain/brands.ts';
import { archiveId } from '../../src/format/archive-id.ts';
import type { Manifest, ManifestMessage } from '../../src/format/manifest-types.ts';
import { encodeManifest, manifestDigest, parseManifest, plainManifest } from '../../src/format/manifest.ts';

const digest = sha256('ab'.repeat(32));
const message: ManifestMessage = {
  kind: 'message', uid: uid(1), sha256: digest, size: bytes(5), headerSha256: digest,
  internalDate: '2020-01-01T00:00:00.000Z', flags: ['\\seen'], emailId: null, labels: [], messageId: '<a@b>',
  from: null, to: null, subject: 'x', date: null, crlf: true, addedNewline: false, sizeMismatch: false,
  frame: { offset: bytes(0), length: bytes(50) }, stored: { offset: bytes(30), length: bytes(6) }, headers: {},
}; // prettier-ignore
const made: Manifest = {
  head: {
    kind: 'archive', version: 1, id: digest, tool: 'mothball 0.1.0', server: 'main', account: 'alice', folder: 'INBOX',
    roles: ['inbox'], uidValidity: uidValidity(7), mailboxId: 'M1', policy: 'p', policyHash: 'h', run: 'r', store: 's',
    format: 'mbox', compression: 'zstd', key: 'a/b/2020/x.mbox.zst', bytes: bytes(50), sha256: digest,
    headerNames: ['list-id'], created: '2020-01-01T00:00:00.000Z',
  },
  messages: [message],
}; // prettier-ignore
const manifest = named(made);

/** With the ID of what it lists. */
function named({ head, messages }: Manifest): Manifest {
  return { head: { ...head, id: archiveId(head, messages) }, messages };
}

/** The manifest as plain JSON lines, made without the code that is tested. */
function manifestLines({ head, messages }: Manifest): Buffer {
  const lines = [head, ...messages].map((line) => `${JSON.stringify(line)}\n`).join('');
  const end = {
    kind: 'end',
    messages: messages.length,
    digest: createHash('sha256').update(lines).digest('hex'),
  };
  return Buffer.from(`${lines}${JSON.stringify(end)}\n`);
}

const parseManifestLines = (text: Uint8Array): Manifest => parseManifest(zlib.zstdCompressSync(text));

/** Any UTF-16: lone surrogates, NUL, line separators. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
);

test('any text in a manifest comes back', () => {
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
  fc.assert(
    fc.property(anyText, messages, (folder, list) => {
      const written = named({
        head: { ...manifest.head, folder },
        messages: list.map((some) => {
          return { ...message, ...some, headers: Object.fromEntries(Object.entries(some.headers)) };
        }),
      });
      assert.deepStrictEqual(parseManifest(encodeManifest(written)), written);
    }),
  );
});

test('zstd opens a manifest, of one frame or of several', () => {
  const long = named({ ...manifest, messages: Array.from({ length: 30_000 }, () => message) });
  for (const written of [manifest, long]) {
    const object = encodeManifest(written);
    const plain = execFileSync('zstd', ['-dc'], { input: object, maxBuffer: 1e9 });
    assert.ok(plain.equals(manifestLines(written)));
    assert.equal(parseManifest(object).messages.length, written.messages.length);
    const lines = plain.toString('utf8').trimEnd().split('\n');
    const end: unknown = JSON.parse(lines.pop() ?? '');
    const before = createHash('sha256')
      .update(`${lines.join('\n')}\n`)
      .digest('hex');
    assert.deepEqual(end, { kind: 'end', messages: written.messages.length, digest: before });
  }
});

test('keys that a later tool adds are skipped', () => {
  const text = rewritten((line) => ({ ...line, later: { x: 1 } }));
  assert.deepStrictEqual(parseManifestLines(text), manifest);
});

test('a manifest from before objects had versions keeps its digest', () => {
  const old = parseManifestLines(rewritten((line) => line));
  assert.ok(!('objectVersion' in old.head));
  for (const objectVersion of ['v1', null]) {
    const versioned = { ...manifest, head: { ...manifest.head, objectVersion } };
    const read = parseManifestLines(manifestLines({ ...manifest, head: { ...versioned.head } }));
    assert.equal(read.head.objectVersion, objectVersion);
    assert.equal(manifestDigest(read), manifestDigest(parseManifestLines(manifestLines(read))));
    assert.notEqual(manifestDigest(read), manifestDigest(old));
  }
  assert.equal(manifestDigest(old), manifestDigest(manifest));
});

test('the manifest of an encrypted object tells what comes out of it', () => {
  const encryption = {
    type: 'age',
    recipients: digest,
    bytes: bytes(40),
    sha256: sha256('cd'.repeat(32)),
  } as const;
  const sealed = { ...manifest, head: { ...manifest.head, encryption } };
  assert.deepEqual(parseManifest(encodeManifest(sealed)), sealed);
  const { bytes: length, sha256: whole } = encryption;
  assert.deepEqual(plainManifest(sealed), {
    ...manifest,
    head: { ...manifest.head, bytes: length, sha256: whole },
  });
  assert.equal(plainManifest(manifest), manifest);
  for (const wrong of [{ ...encryption, type: 'pgp' }, { ...encryption, bytes: -1 }, null, 'age']) {
    const text = manifestLines(sealed).toString().replace(JSON.stringify(encryption), JSON.stringify(wrong));
    assert.throws(() => parseManifestLines(Buffer.from(text)), {
      code: 'verify',
      message: /encryption|type|bytes/,
    });
  }
});

test('each field is checked', () => {
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
      const refused = wrong.filter((value) => {
        const text = rewritten((old, place) => (place === index ? { ...old, [field]: value } : old));
        try {
          parseManifestLines(text);
          return false;
        } catch (error) {
          const tells = (words: string): boolean => words.includes(field) || words.includes('its ID is not');
          const known = error instanceof Error && tells(error.message) && 'code' in error;
          assert.ok(
            known && ['verify', 'unsupported'].includes(String(error.code)),
            `${field}: ${String(error)}`,
          );
          return true;
        }
      });
      assert.ok(refused.length >= 7, `${field} takes ${wrong.length - refused.length} of the wrong values`);
    }
  }
});

test('a manifest cut anywhere, altered, or without its end is damaged', () => {
  const lines = Buffer.from(manifestLines(manifest));
  for (let at = 0; at < lines.length; at += 11) {
    assert.throws(() => parseManifestLines(lines.subarray(0, at)), { code: 'verify' }, `cut at ${at}`);
  }
  const object = Buffer.from(encodeManifest(manifest));
  for (let at = 0; at < object.length; at += 5) {
    const flipped = Buffer.from(object);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 4, at);
    assert.throws(() => parseManifest(flipped), { code: 'verify' }, `flip at ${at}`);
    assert.throws(() => parseManifest(object.subarray(0, at)), { code: 'verify' }, `cut at ${at}`);
  }
  const altered = Buffer.from(lines.toString().replace('"subject":"x"', '"subject":"y"'));
  assert.throws(() => parseManifestLines(altered), { code: 'verify', message: /digest/ });
  const second = zlib.zstdCompressSync(Buffer.from('{}\n'));
  assert.throws(() => parseManifest(Buffer.concat([object, second])), { code: 'verify' });
});

test('a manifest whose ID is not that of what it lists is refused, whichever part of it was made up', () => {
  const other = sha256('cd'.repeat(32));
  const forgeries: readonly object[] = [
    { sha256: other },
    { size: 6 },
    { uid: 2 },
    { internalDate: '2020-01-01T00:00:01.000Z' },
  ];
  for (const forged of forgeries) {
    const text = rewritten((line, index) => (index === 1 ? { ...line, ...forged } : line));
    assert.throws(() => parseManifestLines(text), { code: 'verify', message: /ID/ }, JSON.stringify(forged));
  }
  for (const field of ['server', 'account', 'folder', 'mailboxId', 'policy', 'store']) {
    const text = rewritten((line, index) => (index === 0 ? { ...line, [field]: 'forged' } : line));
    assert.throws(() => parseManifestLines(text), { code: 'verify', message: /ID/ }, field);
  }
});

test('a final line that counts more or fewer messages than there are is damage, though its digest is right', () => {
  const lines = manifestLines(manifest).toString();
  for (const count of [0, 2, 3]) {
    const wrong = lines.replace('"messages":1,', `"messages":${count},`);
    assert.notEqual(wrong, lines);
    assert.throws(() => parseManifestLines(Buffer.from(wrong)), { code: 'verify', message: /lists 1/ });
  }
});

test('a version that this tool does not know is named', () => {
  const text = rewritten((line) => ('version' in line ? { ...line, version: 2 } : line));
  assert.throws(() => parseManifestLines(text), { code: 'unsupported', message: /version 2/ });
});

test('an archive of nothing has no manifest', () => {
  assert.throws(() => encodeManifest({ ...manifest, messages: [] }), RangeError);
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

test('a name in the first line that no folder can have makes the manifest damaged', () => {
  for (const name of ['server', 'account', 'folder', 'policy', 'run', 'store', 'key', 'tool'] as const) {
    const renamed = (length: number): Manifest =>
      named({ ...manifest, head: { ...manifest.head, [name]: 'x'.repeat(length) } });
    const long = renamed(16 * 1024);
    assert.deepEqual(parseManifest(encodeManifest(long)), long);
    assert.throws(() => parseManifest(encodeManifest(renamed(16 * 1024 + 1))), /expected at most 16384 char/);
  }
});
