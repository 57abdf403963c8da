/** Memory that small messages share; a larger one has its own. */
const sharedBytes = 256 * 1024;

/**
 * Copies messages, piece by piece, into few large buffers: a buffer for each of half a million small
 * messages would cost more than the messages, and V8 would let them gather.
 */
export class MessageArena {
  #memory = new Uint8Array(0);
  #start = 0;
  #end = 0;

  /** Adds to the message that is open. */
  append(piece: Uint8Array): void {
    if (this.#end + piece.length > this.#memory.length) this.#move(piece.length);
    this.#memory.set(piece, this.#end);
    this.#end += piece.length;
  }

  /** The open message; what is appended next belongs to another one. Who gets a large one may free its memory. */
  take(): Uint8Array {
    const memory = this.#memory;
    const start = this.#start;
    const end = this.#end;
    this.#start = end;
    // What may be freed by whoever gets it must not be used again.
    if (end === memory.length || end - start >= sharedBytes) this.#forget();
    return start === 0 && end >= sharedBytes && end < memory.length
      ? new Uint8Array(memory.buffer.transfer(end))
      : memory.subarray(start, end);
  }

  #forget(): void {
    this.#memory = new Uint8Array(0);
    this.#start = 0;
    this.#end = 0;
  }

  /** The open message goes on in new memory, with room for so many bytes more. */
  #move(more: number): void {
    const open = this.#memory.subarray(this.#start, this.#end);
    const needed = open.length + more;
    // What came in several pieces may come in many.
    const size = Math.max(sharedBytes, open.length > 0 ? 2 * needed : needed);
    const memory = new Uint8Array(size);
    memory.set(open);
    this.#memory = memory;
    this.#start = 0;
    this.#end = open.length;
  }
}
