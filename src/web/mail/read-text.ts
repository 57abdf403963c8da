import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type MailText, mostBytes, rawText, type TextRequest } from './mail-text.ts';

/** Mail that takes longer than this to parse was made to be slow; milliseconds. */
const patienceMs = 10_000;
const heapMiB = 256;

/**
 * The message as text, read in a separate thread. So malicious mail holds up nothing else, and uses no more
 * than this thread's time and memory. Never throws.
 */
export async function readText(message: Uint8Array): Promise<MailText> {
  const worker = new Worker(new URL(`./mail-text-worker${extname(import.meta.url)}`, import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  const answer = Promise.withResolvers<MailText | null>();
  const late = setTimeout(() => answer.resolve(null), patienceMs);
  worker.once('message', (text: MailText) => answer.resolve(text));
  worker.once('error', () => answer.resolve(null));
  worker.once('exit', () => answer.resolve(null));
  // A copy, which is handed over to the thread.
  const part = Uint8Array.from(message.subarray(0, mostBytes));
  const request: TextRequest = { message: part, whole: part.length === message.length };
  worker.postMessage(request, [part.buffer]);
  try {
    return (await answer.promise) ?? rawText(message);
  } finally {
    clearTimeout(late);
    await worker.terminate();
  }
}
