/** SIGHUP: one that comes too early is remembered, one that comes too late is ignored. */
export class Hangup implements Disposable {
  readonly #registration: Disposable;
  #listener: (() => void) | null = null;
  #came = false;

  constructor(onHangup: (listener: () => void) => Disposable) {
    this.#registration = onHangup(() => {
      this.#came = true;
      this.#listener?.();
    });
  }

  /** Calls back at each one, and at once if one came before. */
  listen(listener: () => void): void {
    this.#listener = listener;
    if (this.#came) listener();
  }

  ignore(): void {
    this.#listener = null;
  }

  [Symbol.dispose](): void {
    this.#registration[Symbol.dispose]();
  }
}
