/** Work in bytes that is done at a time: below 10 ms, also of the worst text. */
const turn = 64 * 1024;

/** Counts what long work costs, and lets other work have its turn in between. */
export class Turns {
  #spent = 0;

  /** After this many bytes of work. */
  async spent(bytes: number): Promise<void> {
    this.#spent += bytes;
    if (this.#spent < turn) return;
    this.#spent = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Does work that yields what it cost since the last time. */
  async finish<T>(work: Generator<number, T>): Promise<T> {
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      await this.spent(step.value);
    }
  }
}
