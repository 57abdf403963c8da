/**
 * `format/`: the stored formats, pure: bytes in, bytes or values out. This file writes and reads the
 * manifest; `mboxrd.ts` is the one reversible rule between a message and its line in an mbox, `frames.ts`
 * cuts and opens compressed frames, `tar-walk.ts`, `zip-records.ts` and `mbox-reader.ts` read the other
 * formats, `archive-key.ts` and `archive-id.ts` name objects, `receipt.ts` is what a purge or restore
 * leaves beside an archive. No file, no clock, no network.
 * May import `domain`, `errors.ts`, `node:buffer`, `crypto`, `util` and `zlib`; two files have one
 * library each: `header-fields.ts` has `postal-mime`, `receipt.ts` has `zod`.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mostManifestRead } from '../domain/bounds.ts';
import { sha256, type Sha256 } from '../domain/brands.ts';
import { MothballError } from '../errors.ts';
import { archiveId } from './archive-id.ts';
import { zstdFrameLength } from './frame-length.ts';
import { compressFrame, decompressFirst } from './frames.ts';
import { LineFields } from './manifest-fields.ts';
import type {
  Manifest,
  ManifestEncryption,
  ManifestEnd,
  ManifestHead,
  ManifestMessage,
} from './manifest-types.ts';

/** Lines of one frame when it is written, in UTF-16 units: what is held in memory, beside the manifest itself. */
const frameText = 1024 * 1024;

/** The manifest as its object in the store: JSON lines, compressed with zstd. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const frames: Uint8Array[] = [];
  // A copy of the frame alone, not of the larger buffer it was compressed into.
  for (const piece of pieces(manifest)) frames.push(Uint8Array.from(compressFrame(piece, 'zstd')));
  return Buffer.concat(frames);
}

/** SHA-256 of the lines before the final one: two manifests with the same digest say the same. */
export function manifestDigest(manifest: Manifest): Sha256 {
  const hash = createHash('sha256');
  for (const piece of piecesBeforeEnd(manifest)) hash.update(piece);
  return sha256(hash.digest('hex'));
}

function* pieces(manifest: Manifest): Generator<Buffer> {
  if (manifest.messages.length === 0) throw new RangeError('an archive holds at least one message');
  const hash = createHash('sha256');
  for (const piece of piecesBeforeEnd(manifest)) {
    hash.update(piece);
    yield piece;
  }
  const end = { kind: 'end', messages: manifest.messages.length, digest: hash.digest('hex') };
  yield Buffer.from(`${JSON.stringify(end)}\n`);
}

function* piecesBeforeEnd({ head, messages }: Manifest): Generator<Buffer> {
  let text = `${JSON.stringify(head)}\n`;
  for (const message of messages) {
    text += `${JSON.stringify(message)}\n`;
    if (text.length < frameText) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

/** The same of the object before it was encrypted, which is what messages are read from. */
export function plainManifest(manifest: Manifest): Manifest {
  const { encryption, ...head } = manifest.head;
  if (encryption === undefined) return manifest;
  const { bytes, sha256: digest } = encryption;
  return { head: { ...head, bytes, sha256: digest }, messages: manifest.messages };
}

/** Reads a manifest object. @throws MothballError `verify` when anything in it is not as it must be. */
export function parseManifest(object: Uint8Array): Manifest {
  return parsePieces(plainFrames(object));
}

function* plainFrames(object: Uint8Array): Generator<Uint8Array> {
  let room = mostManifestRead;
  // Node's decoder drops all frames after the first without an error, so each is cut out first.
  for (let at = 0; at < object.length;) {
    const length = zstdFrameLength(object, at);
    if (length === null) throw damaged('it ends in the middle of a frame');
    const frame = object.subarray(at, at + length);
    const { data, consumed } = decompressFirst(frame, 'zstd', room);
    if (consumed !== length) throw damaged('its decoder stopped in the middle of a frame');
    room -= data.length;
    at += length;
    yield data;
  }
}

/** Line by line as the pieces come, so that the text is never in memory as a whole. */
function parsePieces(texts: Iterable<Uint8Array>): Manifest {
  const hash = createHash('sha256');
  const messages: ManifestMessage[] = [];
  let head: ManifestHead | null = null;
  let last: Buffer | null = null;
  for (const line of linesOf(texts)) {
    if (last !== null) {
      hash.update(last).update('\n');
      if (head === null) head = parseHead(fieldsOf(last, 'line 1'));
      else messages.push(parseMessage(fieldsOf(last, `line ${messages.length + 2}`)));
    }
    last = line;
  }
  if (last === null || head === null) throw damaged('it has no final line');
  const end = parseEnd(fieldsOf(last, 'the final line'));
  if (end.messages !== messages.length)
    throw damaged(`it says ${end.messages} messages and lists ${messages.length}`);
  if (hash.digest('hex') !== end.digest) throw damaged('its digest is wrong');
  if (messages.length === 0) throw damaged('it lists no message');
  if (archiveId(head, messages) !== head.id) throw damaged('its ID is not that of the messages it lists');
  return { head, messages };
}

/** The lines without their LF. @throws `verify` when the last one has none. */
function* linesOf(texts: Iterable<Uint8Array>): Generator<Buffer> {
  let rest = Buffer.alloc(0);
  for (const piece of texts) {
    const view = Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = view.indexOf(0x0a); end !== -1; end = view.indexOf(0x0a, start)) {
      yield view.subarray(start, end);
      start = end + 1;
    }
    rest = view.subarray(start);
  }
  if (rest.length > 0) throw damaged('it has no final line');
}

function fieldsOf(line: Buffer, place: string): LineFields {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch (error) {
    throw damaged(`${place} is not JSON`, error);
  }
  return new LineFields(value, place);
}

function parseHead(line: LineFields): ManifestHead {
  const kind = line.oneOf('kind', ['archive']);
  const version = line.count('version');
  if (version !== 1) {
    throw new MothballError(
      {
        fact: `the manifest has format version ${version}, this Mothball reads version 1`,
        remedy: 'Use the version that wrote it',
      },
      { code: 'unsupported' },
    );
  }
  return {
    kind,
    version,
    id: line.digest('id'),
    tool: line.name('tool'),
    server: line.name('server'),
    account: line.name('account'),
    folder: line.name('folder'),
    roles: line.texts('roles'),
    // Left out when they are not there: the digest is of the lines as they were written.
    ...(line.has('delimiter') ? { delimiter: line.textOrNull('delimiter') } : {}),
    ...(line.has('prefix') ? { prefix: line.name('prefix') } : {}),
    uidValidity: line.uidValidity('uidValidity'),
    mailboxId: line.textOrNull('mailboxId'),
    policy: line.name('policy'),
    policyHash: line.name('policyHash'),
    run: line.name('run'),
    store: line.name('store'),
    format: line.oneOf('format', ['mbox', 'eml-zip', 'maildir-tar']),
    compression: line.oneOf('compression', ['zstd', 'gzip', 'deflate', 'none']),
    key: line.name('key'),
    bytes: line.octets('bytes'),
    sha256: line.digest('sha256'),
    ...(line.has('encryption') ? { encryption: parseEncryption(line.part('encryption')) } : {}),
    ...(line.has('objectVersion') ? { objectVersion: line.textOrNull('objectVersion') } : {}),
    headerNames: line.texts('headerNames'),
    ...(line.has('indexText') ? { indexText: line.truth('indexText') } : {}),
    created: line.instant('created'),
  };
}

function parseEncryption(part: LineFields): ManifestEncryption {
  return {
    type: part.oneOf('type', ['age']),
    recipients: part.digest('recipients'),
    bytes: part.octets('bytes'),
    sha256: part.digest('sha256'),
  };
}

function parseMessage(line: LineFields): ManifestMessage {
  return {
    kind: line.oneOf('kind', ['message']),
    uid: line.uid('uid'),
    sha256: line.digest('sha256'),
    size: line.octets('size'),
    headerSha256: line.digest('headerSha256'),
    internalDate: line.instant('internalDate'),
    flags: line.texts('flags'),
    emailId: line.textOrNull('emailId'),
    labels: line.texts('labels'),
    messageId: line.textOrNull('messageId'),
    from: line.textOrNull('from'),
    to: line.textOrNull('to'),
    subject: line.textOrNull('subject'),
    date: line.instantOrNull('date'),
    crlf: line.truth('crlf'),
    addedNewline: line.truth('addedNewline'),
    sizeMismatch: line.truth('sizeMismatch'),
    frame: line.range('frame'),
    stored: line.range('stored'),
    headers: line.textLists('headers'),
    ...(line.has('cut') ? { cut: line.texts('cut') } : {}),
  };
}

function parseEnd(line: LineFields): ManifestEnd {
  return {
    kind: line.oneOf('kind', ['end']),
    messages: line.count('messages'),
    digest: line.digest('digest'),
  };
}

function damaged(why: string, cause?: unknown): MothballError {
  return new MothballError({ fact: `the manifest is damaged: ${why}` }, { code: 'verify', cause });
}
