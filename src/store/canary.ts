import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Buffer } from 'node:buffer';
import { MothballError } from '../errors.ts';
import type { Store } from '../ports/store.ts';

const directory = '.mothball/canary/';
const payload = 4096;

/**
 * Proves that the store gives back what it was given and refuses a second object of one name. One
 * canary a day is written; later checks of the day read that one. @throws what the store throws,
 * MothballError `store` when a promise is broken.
 */
export async function proveCanary(
  store: Pick<Store, 'list' | 'putBytes' | 'read'>,
  now: Date,
): Promise<void> {
  const today = `${directory}${now.toISOString().slice(0, 10)}-`;
  const key = (await firstKey(store, today)) ?? (await writeCanary(store, today));
  if (!isIntact(await readAll(store, key))) throw broken(`the canary ${key} reads back as something else`);
  try {
    await store.putBytes(key, canary());
  } catch (error) {
    if (error instanceof MothballError && error.code === 'exists') return;
    throw error;
  }
  throw broken(`it let ${key} be written a second time`);
}

async function firstKey(store: Pick<Store, 'list'>, prefix: string): Promise<string | null> {
  for await (const { key } of store.list(prefix)) return key;
  return null;
}

async function writeCanary(store: Pick<Store, 'putBytes'>, prefix: string): Promise<string> {
  const key = `${prefix}${randomUUID()}`;
  await store.putBytes(key, canary());
  return key;
}

/** Random bytes behind their own digest, so that any process can judge what it reads. */
function canary(): Uint8Array {
  const body = randomBytes(payload);
  return Buffer.concat([createHash('sha256').update(body).digest(), body]);
}

function isIntact(data: Buffer): boolean {
  const body = data.subarray(32);
  return body.length === payload && createHash('sha256').update(body).digest().equals(data.subarray(0, 32));
}

async function readAll(store: Pick<Store, 'read'>, key: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(key)) pieces.push(piece);
  return Buffer.concat(pieces);
}

function broken(what: string): MothballError {
  return new MothballError(`${what}: nothing is archived to this store or deleted; check its disk`, {
    code: 'store',
  });
}
