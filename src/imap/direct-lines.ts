import { Readable } from 'node:stream';
import type { ImapFlow } from 'imapflow';
import type { ServerLine } from './imapflow-points.ts';

/** A line as imapflow puts it into its stream; no other one follows before `next`. */
interface StreamLine extends ServerLine {
  readonly next: () => void;
}

/** Lines after which other work gets its turn. */
const linesInARow = 250;

/**
 * Offers each line to `take` where imapflow puts it into its stream. imapflow reads one line in a turn of
 * that stream, and pauses after ten: for short lines that takes longer than all else. What `take` declines
 * goes the usual way, and so does everything behind a line that is still waiting there.
 */
export function takeDirectly(client: ImapFlow, take: (line: ServerLine) => Promise<void> | boolean): void {
  const streamer: unknown = Reflect.get(client, 'streamer');
  if (!(streamer instanceof Readable)) return;
  const push = streamer.push.bind(streamer);
  let inARow = 0;
  streamer.push = (line: unknown): boolean => {
    if (!isStreamLine(line) || streamer.readableLength > 0) return push(line);
    const taken = take(line);
    if (taken === false) return push(line);
    inARow = (inARow + 1) % linesInARow;
    const next = inARow === 0 ? () => void setImmediate(line.next) : line.next;
    if (taken === true) next();
    else void handled(client, taken).finally(next);
    return true;
  };
}

/** imapflow's own clock must not run out while a line is being handled. */
async function handled(client: ImapFlow, taken: Promise<void>): Promise<void> {
  Reflect.set(client, '_processingResponse', true);
  try {
    await taken;
  } finally {
    Reflect.set(client, '_processingResponse', false);
  }
}

function isStreamLine(value: unknown): value is StreamLine {
  return (
    typeof value === 'object' &&
    value !== null &&
    Buffer.isBuffer(Reflect.get(value, 'payload')) &&
    typeof Reflect.get(value, 'next') === 'function'
  );
}
