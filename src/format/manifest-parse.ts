import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mostManifestFrames, mostManifestLine, mostManifestRead } from '../domain/bounds.ts';
import { sha256, type Sha256 } from '../domain/brands.ts';
import { errorMessage, MothballError } from '../errors.ts';
import { archiveIdIn } from './archive-id.ts';
import { zstdFrameLength } from './frame-length.ts';
import { frameDecompressor } from './frames.ts';
import { parseLong, shortLine } from './long-json.ts';
import { LineFields } from './manifest-fields.ts';
import type {
  Manifest,
  ManifestEncryption,
  ManifestEnd,
  ManifestHead,
  ManifestMessage,
} from './manifest-types.ts';
import { Turns } from './turns.ts';

/** A manifest, and the SHA-256 of the lines that it was read from. */
export interface ParsedManifest {
  readonly manifest: Manifest;
  /** Equal to a `manifestDigest`, the text is the very text that was hashed then; another text may say the same. */
  readonly textDigest: Sha256;
}

/**
 * Reads a manifest object. Whatever is in it, other work has its turn in between.
 * @throws MothballError `verify` when anything in it is not as it must be.
 */
export async function parseManifest(object: Uint8Array): Promise<Manifest> {
  return (await parseManifestText(object)).manifest;
}

/** As `parseManifest`, with the digest of the text. */
export async function parseManifestText(object: Uint8Array): Promise<ParsedManifest> {
  const turns = new Turns();
  const hash = createHash('sha256');
  const messages: ManifestMessage[] = [];
  let head: ManifestHead | null = null;
  let last: Buffer | null = null;
  for await (const line of linesOf(plainPieces(object), turns)) {
    if (last !== null) {
      await hashed(hash, last, turns);
      hash.update('\n');
      if (head === null) head = parseHead(await fieldsOf(last, 'line 1', turns));
      else messages.push(parseMessage(await fieldsOf(last, `line ${messages.length + 2}`, turns)));
    }
    last = line;
  }
  if (last === null || head === null) throw damaged('it has no final line');
  const end = parseEnd(await fieldsOf(last, 'the final line', turns));
  if (end.messages !== messages.length)
    throw damaged(`it says ${end.messages} messages and lists ${messages.length}`);
  const textDigest = sha256(hash.digest('hex'));
  if (textDigest !== end.digest) throw damaged('its digest is wrong');
  if (messages.length === 0) throw damaged('it lists no message');
  if ((await turns.finish(archiveIdIn(head, messages))) !== head.id)
    throw damaged('its ID is not that of the messages it lists');
  return { manifest: { head, messages }, textDigest };
}

/** The text as it is decompressed, so that it is never in memory as a whole. */
async function* plainPieces(object: Uint8Array): AsyncGenerator<Buffer> {
  let room = mostManifestRead;
  let frames = 0;
  // Node's decoder drops all frames after the first without an error, so each is cut out first.
  for (let at = 0; at < object.length;) {
    const length = zstdFrameLength(object, at);
    if (length === null) throw damaged('it ends in the middle of a frame');
    frames += 1;
    if (frames > mostManifestFrames) throw damaged(`it has more than ${mostManifestFrames} frames`);
    for await (const piece of decompressed(object.subarray(at, at + length))) {
      room -= piece.length;
      if (room < 0) throw damaged(`it has more than ${mostManifestRead} bytes of text`);
      yield piece;
    }
    at += length;
  }
}

/** One frame, decompressed apart from this thread. */
async function* decompressed(frame: Uint8Array): AsyncGenerator<Buffer> {
  const stream = frameDecompressor('zstd');
  if (stream === null) return;
  stream.end(frame);
  try {
    for await (const piece of stream) if (Buffer.isBuffer(piece)) yield piece;
  } catch (error) {
    throw damaged(errorMessage(error), error);
  }
  if (stream.bytesWritten !== frame.length) throw damaged('its decoder stopped in the middle of a frame');
}

/** The lines without their LF. @throws `verify` when the last one has none. */
async function* linesOf(texts: AsyncIterable<Buffer>, turns: Turns): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const piece of texts) {
    let start = 0;
    for (let end = piece.indexOf(0x0a); end !== -1; end = piece.indexOf(0x0a, start)) {
      const part = piece.subarray(start, end);
      yield parts.length === 0 ? part : await joined([...parts, part], length + part.length, turns);
      parts = [];
      length = 0;
      start = end + 1;
    }
    if (start === piece.length) continue;
    parts.push(piece.subarray(start));
    length += piece.length - start;
    if (length > mostManifestLine) throw damaged(`a line has more than ${mostManifestLine} bytes`);
  }
  if (parts.length > 0) throw damaged('it has no final line');
}

/** As `Buffer.concat`; the memory of a long line is got piece by piece too, which takes longer than the copying. */
async function joined(parts: readonly Buffer[], length: number, turns: Turns): Promise<Buffer> {
  const whole = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const part of parts) {
    at += part.copy(whole, at);
    if (length > shortLine) await turns.spent(part.length);
  }
  return whole;
}

async function hashed(hash: ReturnType<typeof createHash>, line: Buffer, turns: Turns): Promise<void> {
  for (let at = 0; at < line.length; at += shortLine) {
    const part = line.subarray(at, at + shortLine);
    hash.update(part);
    // What a short line costs is counted when it is read.
    if (line.length > shortLine) await turns.spent(part.length);
  }
}

async function fieldsOf(line: Buffer, place: string, turns: Turns): Promise<LineFields> {
  let value: unknown;
  try {
    if (line.length > shortLine) value = await turns.finish(parseLong(line));
    else {
      value = JSON.parse(line.toString('utf8'));
      await turns.spent(line.length);
    }
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
