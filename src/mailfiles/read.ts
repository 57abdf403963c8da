import { Buffer } from 'node:buffer';
import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
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
import { emlxMessage, oneMessage } from './one-message.ts';
import { compressionOf, openFile, readAt } from './open.ts';
import { pieces } from './pieces.ts';

/** The messages of one file, as IMAP would deliver them. What goes wrong is the last event. */
export async function* readMail(file: MailFile, quoting: MboxQuoting | null): AsyncGenerator<MailFileEvent> {
  try {
    const { handle, status } = await openFile(
      file.rawPath === undefined ? file.path : Buffer.from(file.rawPath),
    );
    try {
      const exported = isExported(basename(file.path));
      const messages = file.kind === 'eml' && !exported ? await countMessages(handle) : 0;
      if (messages > 1)
        yield {
          kind: 'note',
          text: `it holds ${messages} messages, as an mbox file does, and was read as one`,
        };
      if (file.kind === 'mbox' || messages > 1) yield* mboxMessages(handle, status.mtime, quoting);
      else if (status.size === 0) yield { kind: 'fault', reason: 'it is empty' };
      else if (file.kind === 'emlx') yield* emlxMessage(file, handle, status);
      else yield* oneMessage(file, handle, status.mtime);
    } finally {
      await handle.close();
    }
  } catch (error) {
    yield { kind: 'fault', reason: errorMessage(error) };
  }
}

/** Messages in a file that should hold one: 0 where it does not start with a From_ line. */
async function countMessages(handle: FileHandle): Promise<number> {
  const reader = new MboxReader();
  const count = (events: readonly MboxEvent[]): number =>
    events.filter(({ kind }) => kind === 'start').length;
  let messages = 0;
  let mac: MacReturns | null | undefined;
  for await (const piece of pieces(handle, await compressionOf(handle))) {
    if (mac === undefined) mac = endsInReturns(piece) ? new MacReturns() : null;
    const text = mac?.push(piece) ?? piece;
    if (messages === 0 && !looksLikeMbox(text)) return 0;
    messages += count(reader.push(text));
  }
  return messages + count(reader.end());
}

async function* mboxMessages(
  handle: FileHandle,
  modified: Date,
  quoting: MboxQuoting | null,
): AsyncGenerator<MailFileEvent> {
  const compression = await compressionOf(handle);
  const mac =
    endsInReturns(await readAt(handle, 0, 4096)) && compression === 'plain' ? new MacReturns() : null;
  // A dialect that quotes needs no Content-Length; and only a plain file can be looked ahead in.
  const lengths = compression === 'plain' && mac === null && (quoting === null || quoting === 'mboxcl2');
  const reader = new MboxReader(lengths ? (offset) => endsAt(handle, offset) : undefined);
  const message = new MboxMessages(modified, quoting ?? 'mboxrd');
  for await (const piece of pieces(handle, compression)) {
    for (const event of reader.push(mac?.push(piece) ?? piece)) yield* message.events(event);
  }
  if (mac !== null) for (const event of reader.push(mac.end())) yield* message.events(event);
  for (const event of reader.end()) yield* message.events(event);
}

/** Whether a message of the file can end at this offset. */
function endsAt(handle: FileHandle, offset: number): boolean {
  // One byte before it must be there, or the offset is beyond the end.
  const buffer = Buffer.alloc(followLength + 1);
  const length = readSync(handle.fd, buffer, 0, buffer.length, offset - 1);
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
