import type { MessageText } from '../ports/codec.ts';
import { mostForWords, noText } from './text-bounds.ts';
import { WorkerLink } from './worker-link.ts';

/** Mail that takes longer than this to read was made to do so; milliseconds. */
const patienceMs = 5000;
const heapMiB = 256;

/**
 * Reads the words of messages, one after another, in a thread of its own: malicious mail costs this
 * thread's time and memory and nothing else. Never throws: what can't be read has no words.
 */
export class TextReader {
  readonly #patienceMs: number;
  readonly #link: Pick<WorkerLink<ArrayBuffer, MessageText>, 'call' | 'close'>;
  #last: Promise<unknown> = Promise.resolve();

  /** `link`: another worker, in tests. */
  constructor(
    patience = patienceMs,
    link: Pick<WorkerLink<ArrayBuffer, MessageText>, 'call' | 'close'> = new WorkerLink('text-worker', {
      maxOldGenerationSizeMb: heapMiB,
    }),
  ) {
    this.#patienceMs = patience;
    this.#link = link;
  }

  read(message: Uint8Array): Promise<MessageText> {
    const text = this.#last.then(() => this.#read(message));
    this.#last = text;
    return text;
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  async #read(message: Uint8Array): Promise<MessageText> {
    // A copy, which the thread then owns.
    const { buffer } = Uint8Array.from(message.subarray(0, mostForWords));
    const late = Promise.withResolvers<null>();
    const timer = setTimeout(() => late.resolve(null), this.#patienceMs);
    try {
      const text = await Promise.race([this.#link.call(buffer, [buffer]), late.promise]);
      if (text !== null) return text;
    } catch {
      // The thread died, of this message or with the process: the next one gets another.
    } finally {
      clearTimeout(timer);
    }
    await this.#link.close();
    return noText;
  }
}
