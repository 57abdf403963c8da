import { Buffer } from 'node:buffer';
import { basename } from 'node:path';
import { errorMessage } from '../errors.ts';
import { FromUnquote, FromUnquoteOnce } from '../format/from-quote.ts';
import { endsInReturns, MacReturns } from '../format/mac-returns.ts';
import {
  followLength,
  followsMessage,
  looksLikeMbox,
  type MboxEvent,
  MboxReader,
} from '../format/mbox-reader.ts';
import { WireLines } from '../format/wire-lines.ts';
import type { MailFile, MailFileEvent, MboxQuoting } from '../ports/mail-files.ts';
import { isExported } from './exported.ts';
import { emlxMessage, garbageNote, oneMessage } from './one-message.ts';
import { compressionOf, type MailContent, openFile } from './open.ts';
import { openInside } from './container.ts';
import { pieces } from './pieces.ts';

/** The messages of one file, as IMAP would deliver them. What goes wrong is the last event. */
export async function* readMail(file: MailFile, quoting: MboxQuoting | null): AsyncGenerator<MailFileEvent> {
  try {
    const handle = await contentOfFile(file);
    try {
      const exported = isExported(basename(file.path));
      const messages =
        file.kind === 'eml' && !exported && handle.look !== null ? await countMessages(handle) : 0;
      if (messages > 1)
        yield {
          kind: 'note',
          text: `it holds ${messages} messages, as an mbox file does, and was read as one`,
        };
      if (file.kind === 'mbox' || messages > 1) yield* mboxMessages(handle, handle.modified, quoting);
      else if (handle.size === 0) yield { kind: 'fault', reason: 'it is empty' };
      else if (file.kind === 'emlx') yield* emlxMessage(file, handle);
      else yield* oneMessage(file, handle, handle.modified);
    } finally {
      await handle.close();
    }
  } catch (error) {
    yield { kind: 'fault', reason: errorMessage(error) };
  }
}

function contentOfFile({ path, rawPath, inside }: MailFile): Promise<MailContent> {
  if (inside !== undefined) return openInside(inside);
  return openFile(rawPath === undefined ? path : Buffer.from(rawPath));
}

/** Messages in a file that should hold one: 0 where it does not start with a From_ line. */
async function countMessages(handle: MailContent): Promise<number> {
  const reader = new MboxReader();
  const count = (events: readonly MboxEvent[]): number =>
    events.filter(({ kind }) => kind === 'start').length;
  let messages = 0;
  let mac: MacReturns | null | undefined;
  for await (const piece of pieces(handle)) {
    if (mac === undefined) mac = endsInReturns(piece) ? new MacReturns() : null;
    const text = mac?.push(piece) ?? piece;
    if (messages === 0 && !looksLikeMbox(text)) return 0;
    messages += count(reader.push(text));
  }
  return messages + count(reader.end());
}

async function* mboxMessages(
  handle: MailContent,
  modified: Date,
  quoting: MboxQuoting | null,
): AsyncGenerator<MailFileEvent> {
  const compression = await compressionOf(handle);
  const mac =
    endsInReturns(await handle.readAt(0, 4096)) && compression === 'plain' ? new MacReturns() : null;
  // A dialect that quotes needs no Content-Length; and only a plain file can be looked ahead in.
  const wanted = compression === 'plain' && mac === null && (quoting === null || quoting === 'mboxcl2');
  const look = wanted ? handle.look : null;
  const reader = new MboxReader(look === null ? undefined : (offset) => endsAt(look, offset));
  const message = new MboxMessages(modified, quoting ?? 'mboxrd');
  let garbage = false;
  for await (const piece of pieces(handle, () => void (garbage = true))) {
    for (const event of reader.push(mac?.push(piece) ?? piece)) yield* message.events(event);
  }
  if (mac !== null) for (const event of reader.push(mac.end())) yield* message.events(event);
  for (const event of reader.end()) yield* message.events(event);
  if (garbage) yield garbageNote;
}

/** Whether a message of the file can end at this offset. */
function endsAt(look: NonNullable<MailContent['look']>, offset: number): boolean {
  // One byte before it must be there, or the offset is beyond the end.
  const buffer = Buffer.alloc(followLength + 1);
  const length = look(buffer, offset - 1);
  return length > 0 && followsMessage(buffer.subarray(1, length));
}

/** Undoes the quoting of each message and gives it the line ends of the wire. */
class MboxMessages {
  readonly #modified: Date;
  readonly #quoting: MboxQuoting;
  #number = 0;
  #unquote: Unquoter | null = null;
  #lines = new WireLines();

  constructor(modified: Date, quoting: MboxQuoting) {
    this.#modified = modified;
    this.#quoting = quoting;
  }

  *events(event: ReturnType<MboxReader['push']>[number]): Generator<MailFileEvent> {
    switch (event.kind) {
      case 'start':
        this.#number += 1;
        this.#unquote = unquoter(this.#quoting);
        this.#lines = new WireLines();
        yield {
          kind: 'message',
          number: this.#number,
          offset: event.offset,
          envelopeDate: event.date,
          flags: [],
          modified: this.#modified,
        };
        return;
      case 'data':
        yield { kind: 'data', data: this.#lines.push(this.#unquote?.push(event.data) ?? event.data) };
        return;
      case 'end':
        yield { kind: 'data', data: this.#lines.push(this.#unquote?.end() ?? new Uint8Array()) };
        yield { kind: 'end' };
    }
  }
}

type Unquoter = FromUnquote | FromUnquoteOnce;

function unquoter(quoting: MboxQuoting): Unquoter | null {
  switch (quoting) {
    case 'mboxrd':
      return new FromUnquote();
    case 'mboxo':
      return new FromUnquoteOnce();
    case 'mboxcl2':
      return null;
  }
}
