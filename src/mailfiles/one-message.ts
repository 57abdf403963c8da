import { Buffer } from 'node:buffer';
import { basename } from 'node:path';
import { endsInReturns, MacReturns } from '../format/mac-returns.ts';
import { envelopeOf, type MessageStart } from '../format/message-start.ts';
import { WireLines } from '../format/wire-lines.ts';
import type { MailFile, MailFileEvent } from '../ports/mail-files.ts';
import { isExported } from './exported.ts';
import { foreignStart } from './foreign.ts';
import type { MailContent } from './open.ts';
import { pieces } from './pieces.ts';

/** Bytes of a property list of Apple Mail that are looked at. */
const longestList = 256 * 1024;

export const garbageNote: MailFileEvent = {
  kind: 'note',
  text: 'bytes behind the end of what is compressed were ignored',
};

/** A file that is one message. What it is instead is its fault. */
export async function* oneMessage(
  file: MailFile,
  handle: MailContent,
  modified: Date,
): AsyncGenerator<MailFileEvent> {
  let garbage = false;
  const source = pieces(handle, () => void (garbage = true))[Symbol.asyncIterator]();
  const first = await source.next();
  // A copy: the memory is used again.
  const head = first.done === true ? Buffer.alloc(0) : Buffer.from(first.value);
  const exported = isExported(basename(file.path));
  if (head.length === 0) {
    yield { kind: 'fault', reason: 'it is empty' };
    return;
  }
  const foreign = exported ? null : foreignStart(head, file.path);
  if (foreign !== null) {
    await source.return(undefined);
    yield { kind: 'fault', reason: `not imported: ${foreign.what}`, what: foreign.what };
    return;
  }
  const mac = !exported && endsInReturns(head) ? new MacReturns() : null;
  const start: MessageStart =
    file.kind === 'eml' && !exported
      ? envelopeOf(mac?.push(head) ?? head)
      : { length: 0, date: null, cut: [] };
  for (const what of start.cut) yield { kind: 'note', text: `${what} before the message was left out` };
  yield {
    kind: 'message',
    number: 1,
    offset: start.length,
    envelopeDate: start.date,
    flags: [],
    modified,
  };
  const lines = new WireLines();
  const unix = mac === null ? null : new MacReturns();
  const data = (piece: Uint8Array): MailFileEvent => ({
    kind: 'data',
    data: lines.push(unix?.push(piece) ?? piece),
  });
  try {
    yield data(head.subarray(start.length));
    for (let next = await source.next(); next.done !== true; next = await source.next())
      yield data(next.value);
  } finally {
    await source.return(undefined);
  }
  if (unix !== null) yield { kind: 'data', data: lines.push(unix.end()) };
  yield { kind: 'end' };
  if (garbage) yield garbageNote;
}

/** Bits of `flags` in the property list behind a message. */
const appleBits: readonly (readonly [bit: number, flag: string])[] = [
  [0x01, '\\seen'],
  [0x02, '\\deleted'],
  [0x04, '\\answered'],
  [0x10, '\\flagged'],
  [0x40, '\\draft'],
  [0x100, '$Forwarded'],
];

/** A message of Apple Mail: a line with its length, its bytes, and a property list with flags and dates. */
export async function* emlxMessage({ path }: MailFile, handle: MailContent): AsyncGenerator<MailFileEvent> {
  const { size, modified, look } = handle;
  if (look === null) {
    yield { kind: 'fault', reason: 'it is too large for a message of Apple Mail inside of an archive' };
    return;
  }
  const line = /^[ \t]*(\d{1,15})[ \t]*\r?\n/.exec(
    Buffer.from(await handle.readAt(0, 64)).toString('latin1'),
  );
  const start = line?.[0].length ?? 0;
  const measured = start + Number(line?.[1] ?? 0);
  if (line === null || measured === start || measured > size) {
    const reason = line === null ? 'it does not start with a length' : 'it ends before its message does';
    yield { kind: 'fault', reason: `it is no message of Apple Mail: ${reason}` };
    return;
  }
  const list = Buffer.from(await handle.readAt(measured, longestList)).toString('latin1');
  // Something that changes line ends makes the message longer than its length says.
  const extra = /^\s*(?:<\?xml|<!DOCTYPE|<plist|bplist|$)/.test(list)
    ? 0
    : Math.max(0, list.lastIndexOf('<?xml'));
  const end = measured + extra;
  if (extra > 0)
    yield { kind: 'note', text: 'its length was too small: the message was read up to the list behind it' };
  const integer = (key: string): number =>
    Number(new RegExp(String.raw`<key>${key}</key>\s*<(?:integer|real)>(\d{1,15})`).exec(list)?.[1] ?? 0);
  const received = integer('date-received');
  const bits = integer('flags');
  if (/\.partial\.emlx$/i.test(path))
    yield {
      kind: 'note',
      text: 'Apple Mail keeps attachments of this message in other files; they are missing',
    };
  yield {
    kind: 'message',
    number: 1,
    offset: start,
    envelopeDate: received === 0 ? null : new Date(received * 1000),
    flags: appleBits.flatMap(([bit, flag]) => ((bits & bit) === 0 ? [] : [flag])),
    modified,
  };
  const lines = new WireLines();
  for (let at = start; at < end;) {
    const piece = await handle.readAt(at, Math.min(256 * 1024, end - at));
    if (piece.length === 0) break;
    at += piece.length;
    yield { kind: 'data', data: lines.push(piece) };
  }
  yield { kind: 'end' };
}
