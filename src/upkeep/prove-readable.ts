import { Buffer } from 'node:buffer';
import { randomBytes, randomUUID } from 'node:crypto';
import { MothballError } from '../errors.ts';
import { readAll } from '../format/read-all.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { StoreGate } from '../preflight/store-gate.ts';
import { decrypted } from '../read/open-archive.ts';

const canarySize = 4096;

/**
 * Shows that the given identity decrypts what is encrypted to a store's recipients, and records it:
 * only then is mail deleted whose archive is encrypted to them. Random bytes are stored and read back.
 * False: the store is not encrypted. @throws `refused` when the identity belongs to none of the
 * recipients, `identity` without one, `store` when the store is unfit or returns something else.
 */
export async function proveReadable(
  work: { readonly gate: StoreGate; readonly catalog: Catalog; readonly clock: Clock },
  name: string,
): Promise<boolean> {
  const { gate, catalog, clock } = work;
  const encryption = gate.encryption(name);
  if (encryption === null) return false;
  const store = await gate.open(name);
  const canary = randomBytes(canarySize);
  const key = `.mothball/canary/identity-${randomUUID()}.age`;
  await store.putBytes(key, await encryption.encryptBytes(canary));
  const back = await readAll(decrypted(key, store.read(key), gate.decryption));
  if (!Buffer.from(back).equals(canary)) {
    throw new MothballError(
      {
        fact: `store "${name}": the canary ${key} does not decrypt to what was encrypted`,
        notDone: 'nothing is deleted',
        remedy: 'Check the store',
      },
      { code: 'store' },
    );
  }
  await catalog.setReadable(name, encryption.fingerprint, clock.now());
  return true;
}

/** Who can decrypt the archives of a store, and whether that was shown; null: it is not encrypted. */
export async function encryptionFact(
  { gate, catalog }: { readonly gate: StoreGate; readonly catalog: Catalog },
  name: string,
): Promise<{ readonly text: string; readonly proved: Date | null } | null> {
  const encryption = gate.encryption(name);
  if (encryption === null) return null;
  const proved = await catalog.readableSince(name, encryption.fingerprint);
  const who = encryption.recipients === 1 ? '1 age recipient' : `${encryption.recipients} age recipients`;
  const shown =
    proved === null
      ? 'that one of them can decrypt was not shown yet, so nothing is deleted: run `mothball validate --identity FILE`'
      : `that one of them can decrypt was shown on ${proved.toISOString().slice(0, 10)}`;
  return { text: `encrypts archives to ${who}; ${shown}`, proved };
}
