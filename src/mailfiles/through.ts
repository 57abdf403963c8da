import { type Duplex, Readable } from 'node:stream';
import { chunk } from './open.ts';

/** What a stream makes of a source. The source's memory must not be used again. */
export async function* through(
  stream: Duplex,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { objectMode: false, highWaterMark: chunk });
  // What goes wrong with the file ends the reading of what was made of it.
  input.once('error', (error) => stream.destroy(error));
  const output: AsyncIterable<Uint8Array> = input.pipe(stream);
  try {
    yield* output;
  } finally {
    input.destroy();
    stream.destroy();
  }
}
