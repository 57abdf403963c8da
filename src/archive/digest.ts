import { createHash } from 'node:crypto';
import type { Bytes, Uid } from '../domain/brands.ts';
import type { MailReader } from '../ports/mail.ts';

/** One reading of a message. */
export interface BodyDigest {
  readonly sha256: string;
  readonly length: number;
}

export function bodyDigest(data: Uint8Array): BodyDigest {
  return { sha256: createHash('sha256').update(data).digest('hex'), length: data.length };
}

/** Reads the message once; null: it is not there, or was refused. */
export async function readDigest(
  session: MailReader,
  message: { readonly uid: Uid; readonly size: Bytes },
  each: (data: Uint8Array) => Promise<void> | void,
): Promise<BodyDigest | null> {
  const hash = createHash('sha256');
  let length = 0;
  let missing = false;
  await session.fetchBodies([message], async (event) => {
    if (event.kind === 'missing' || event.kind === 'refused') missing = true;
    if (event.kind !== 'whole' && event.kind !== 'part') return;
    hash.update(event.data);
    length += event.data.length;
    await each(event.data);
  });
  return missing ? null : { sha256: hash.digest('hex'), length };
}
