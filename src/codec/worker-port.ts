import { parentPort } from 'node:worker_threads';
import { type ErrorDetail, isError, MothballError } from '../errors.ts';

/** What crosses the thread border: each request is numbered and gets one answer, in order. */
export interface Numbered<T> {
  readonly id: number;
  readonly body: T;
}

export type Answer<T> =
  | { readonly id: number; readonly ok: true; readonly body: T }
  | { readonly id: number; readonly ok: false; readonly error: SentError };

/** An error as data: a class does not survive the border. */
export interface SentError {
  readonly message: string;
  readonly detail: Pick<ErrorDetail, 'code' | 'retryable'> | null;
  readonly stack: string | undefined;
}

export function sendable(error: unknown): SentError {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  const detail = isError(error) ? { code: error.code, retryable: error.retryable } : null;
  return { message, detail, stack };
}

export function received(error: SentError): Error {
  const cause = new Error(error.message);
  if (error.stack !== undefined) cause.stack = error.stack;
  return error.detail === null
    ? cause
    : new MothballError({ fact: error.message }, { ...error.detail, cause });
}

/** A reply, and the memory that goes with it instead of being copied. */
export interface Answered<Reply> {
  readonly reply: Reply;
  readonly transfer?: readonly ArrayBuffer[];
}

/** How a worker answers one request. */
export type Handler<Request, Reply> = (request: Request) => Promise<Answered<Reply>>;

/** Answers requests in a worker, one after another in the order they came. */
export function serve<Request, Reply>(handle: Handler<Request, Reply>): void {
  const port = parentPort;
  if (port === null) throw new TypeError('this file runs as a worker thread only');
  let last = Promise.resolve();
  const answer = async (request: Numbered<Request>): Promise<void> => {
    try {
      const { reply, transfer } = await handle(request.body);
      const ok: Answer<Reply> = { id: request.id, ok: true, body: reply };
      port.postMessage(ok, transfer ?? []);
    } catch (error) {
      const failed: Answer<Reply> = { id: request.id, ok: false, error: sendable(error) };
      port.postMessage(failed);
    }
  };
  port.on('message', (request: Numbered<Request>) => {
    last = last.then(() => answer(request));
  });
}
