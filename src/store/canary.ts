import { Buffer } from 'node:buffer';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { isError, MothballError } from '../errors.ts';
import { canaryDirectory } from '../format/canary-key.ts';
import { readAll } from '../format/read-all.ts';
import type { Store } from '../ports/store.ts';

const payload = 4096;
const digestBytes = 32;

/** How the body of a canary begins that was accepted although there was another. */
const second = Buffer.from('second');

/**
 * Proves that the store gives back what it was given, and finds out whether it refuses a second
 * object of one name. One canary a day is written; later checks of the day read that one, and where
 * a second one was taken, it says so itself: none is added by each check. @throws what the store throws, MothballError `store` when the canary reads back as something else.
 */
export async function proveCanary(
  store: Pick<Store, 'list' | 'putBytes' | 'read'>,
  now: Date,
): Promise<{ readonly secondRefused: boolean }> {
  const today = `${canaryDirectory}${now.toISOString().slice(0, 10)}-`;
  const key = (await firstKey(store, today)) ?? (await writeCanary(store, today));
  const found = await readAll(store.read(key));
  if (!isIntact(found)) throw broken(key, found);
  if (found.subarray(digestBytes).indexOf(second) === 0) return { secondRefused: false };
  try {
    await store.putBytes(key, canary(second));
    return { secondRefused: false };
  } catch (error) {
    if (isError(error, 'exists')) return { secondRefused: true };
    throw error;
  }
}

async function firstKey(store: Pick<Store, 'list'>, prefix: string): Promise<string | null> {
  for await (const { key } of store.list(prefix)) return key;
  return null;
}

async function writeCanary(store: Pick<Store, 'putBytes'>, prefix: string): Promise<string> {
  const key = `${prefix}${randomUUID()}`;
  await store.putBytes(key, canary(Buffer.from('first')));
  return key;
}

/** Random bytes behind their own digest, so that any process can judge what it reads. */
function canary(begin: Uint8Array): Uint8Array {
  const body = Buffer.concat([begin, randomBytes(payload - begin.length)]);
  return Buffer.concat([createHash('sha256').update(body).digest(), body]);
}

function isIntact(data: Buffer): boolean {
  const [digest, body] = [data.subarray(0, digestBytes), data.subarray(digestBytes)];
  return body.length === payload && createHash('sha256').update(body).digest().equals(digest);
}

function broken(key: string, found: Buffer): MothballError {
  // Chunked uploads of S3: the length of a chunk in hex, perhaps its signature, CRLF.
  const framed = /^[0-9a-f]{1,8}(?:;chunk-signature=|\r\n)/.test(found.toString('latin1', 0, 64));
  const how = framed ? ' (it stored the framing of the upload as content)' : '';
  return new MothballError(
    {
      fact: `the canary ${key} reads back as something else${how}`,
      notDone: 'nothing is archived to this store or deleted',
      remedy: 'Check its disk or its server',
    },
    { code: 'store' },
  );
}
