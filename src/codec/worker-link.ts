import { extname } from 'node:path';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { MothballError } from '../errors.ts';
import { type Answer, type Numbered, received } from './worker-port.ts';

/** Something that answers requests; the buffers in `transfer` go over and are not copied. */
export interface Link<Request, Reply> {
  call(request: Request, transfer?: readonly ArrayBuffer[]): Promise<Reply>;
}

interface Waiting<Reply> {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The main thread's end of one worker. The worker starts with the first call and keeps the process
 * alive only while a call is open. When it dies, open calls fail and the next call starts another.
 */
export class WorkerLink<Request, Reply> implements Link<Request, Reply> {
  readonly #name: string;
  readonly #limits: ResourceLimits;
  readonly #waiting = new Map<number, Waiting<Reply>>();
  #worker: Worker | null = null;
  #nextId = 1;

  /** `name` is the worker's file beside this one, without extension. */
  constructor(name: string, limits: ResourceLimits = {}) {
    this.#name = name;
    this.#limits = limits;
  }

  /** @throws what the worker threw; MothballError `store` when the worker died. */
  call(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<Reply> {
    const worker = (this.#worker ??= this.#start());
    const numbered: Numbered<Request> = { id: this.#nextId++, body: request };
    const reply = new Promise<Reply>((resolve, reject) =>
      this.#waiting.set(numbered.id, { resolve, reject }),
    );
    worker.ref();
    worker.postMessage(numbered, transfer);
    return reply;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
    this.#failAll(new Error('it was stopped'));
  }

  #start(): Worker {
    // Run from source the workers are .ts too, built they are .js.
    const worker = new Worker(new URL(`./${this.#name}${extname(import.meta.url)}`, import.meta.url), {
      resourceLimits: this.#limits,
    });
    worker.on('message', (answer: Answer<Reply>) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) worker.unref();
      if (answer.ok) waiting?.resolve(answer.body);
      else waiting?.reject(received(answer.error));
    });
    worker.on('error', (error: Error) => this.#died(worker, error));
    worker.on('exit', (code) => this.#died(worker, new Error(`it exited with ${code}`)));
    return worker;
  }

  #died(worker: Worker, cause: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#failAll(cause);
  }

  #failAll(cause: Error): void {
    const open = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of open) {
      reject(
        new MothballError(
          {
            fact: `the ${this.#name} thread stopped (${cause.message})`,
            notDone: 'this archive was not completed',
            remedy: 'Run again',
          },
          {
            code: 'store',
            retryable: true,
            cause,
          },
        ),
      );
    }
  }
}
