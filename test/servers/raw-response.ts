import type { Socket } from 'node:net';

/** One response: its text with each literal's octets taken out, leaving `{n}` in place. */
export interface RawResponse {
  readonly line: string;
  readonly literals: readonly Buffer[];
}

/** Cuts a socket's octets into responses. */
export class ResponseReader {
  #chunks: Buffer[] = [];
  #buffered = 0;
  #ended: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#buffered += chunk.length;
      this.#wake?.();
    });
    const end = (error?: Error): void => {
      this.#ended ??= error ?? new Error('the server closed the connection');
      this.#wake?.();
    };
    socket.on('error', end);
    socket.on('close', () => end());
  }

  async next(): Promise<RawResponse> {
    const literals: Buffer[] = [];
    let line = '';
    for (;;) {
      const part = (await this.#line()).toString('latin1');
      line += part;
      const size = /\{(\d+)\}$/.exec(part)?.[1];
      if (size === undefined) return { line, literals };
      literals.push(await this.#octets(Number(size)));
    }
  }

  async #line(): Promise<Buffer> {
    for (let searched = 0; ;) {
      const data = this.#joined();
      const end = data.indexOf(0x0a, searched);
      if (end >= 0) return this.#take(end + 1).subarray(0, data[end - 1] === 0x0d ? end - 1 : end);
      searched = data.length;
      await this.#more();
    }
  }

  async #octets(count: number): Promise<Buffer> {
    while (this.#buffered < count) await this.#more();
    return this.#take(count);
  }

  #joined(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(count: number): Buffer {
    const data = this.#joined();
    this.#chunks = [data.subarray(count)];
    this.#buffered -= count;
    return data.subarray(0, count);
  }

  async #more(): Promise<void> {
    if (this.#ended !== null) throw this.#ended;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
