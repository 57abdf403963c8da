/**
 * Runs tasks one after another, at most one behind the caller: while one archive is stored and
 * verified, the next is fetched. After a task that failed no further one begins.
 */
export class OneBehind {
  #last: Promise<void> = Promise.resolve();
  #failed = false;

  /** Whether a task has failed by now. */
  get failed(): boolean {
    return this.#failed;
  }

  /**
   * Waits for the task before, then starts this one and returns while it runs.
   * @throws what the task before threw; this one then never begins.
   */
  async start(task: () => Promise<void>): Promise<void> {
    await this.#last;
    const running = task();
    this.#last = running;
    // The next call throws it; never unhandled meanwhile.
    running.catch(() => void (this.#failed = true));
  }

  /** Waits for the last task. @throws what it threw. */
  async finished(): Promise<void> {
    await this.#last;
  }
}
