import { bytes, type Bytes } from '../domain/brands.ts';
import type { QuotaRoot, QuotaUse } from '../domain/quota.ts';
import { encodeMailboxName } from '../format/mailbox-name.ts';
import { asCount, asKeyword, asList, asText, octets, type WireToken } from './wire-token.ts';
import type { Parsed, Wire } from './wire.ts';

/** STORAGE counts units of 1024 octets (RFC 9208 §5.1). */
const storageUnit = 1024;

interface Resources {
  readonly storage: QuotaUse | null;
  readonly message: QuotaUse | null;
}

/**
 * Quota roots of the folders by GETQUOTAROOT (RFC 9208 §4.1.2), each root once, kept apart. A
 * folder the server refuses to answer for is under no root; a number that can't be exact is
 * unknown.
 */
export async function readQuota(wire: Wire, paths: readonly string[]): Promise<readonly QuotaRoot[]> {
  const folders = new Map<string, Set<string>>();
  const resources = new Map<string, Resources>();
  for (const path of paths) {
    await wire.run('GETQUOTAROOT', [octets(encodeMailboxName(path))], {
      untagged: {
        QUOTAROOT: ({ attributes }) => {
          for (const root of (attributes ?? []).slice(1).map(asText)) {
            if (root !== null) folders.set(root, (folders.get(root) ?? new Set()).add(path));
          }
        },
        QUOTA: (response) => {
          const root = asText(response.attributes?.[0]);
          if (root !== null) resources.set(root, readResources(response));
        },
      },
    });
  }
  return [...folders].map(([name, under]) => {
    const { storage, message } = resources.get(name) ?? { storage: null, message: null };
    return { name, storage: inOctets(storage), message, folders: [...under] };
  });
}

function readResources({ attributes }: Parsed): Resources {
  const list = asList(attributes?.[1]) ?? [];
  const found = new Map<string, QuotaUse | null>();
  for (let index = 0; index + 2 < list.length; index += 3) {
    const name = asKeyword(list[index]);
    if (name !== null) found.set(name, readUse(list[index + 1], list[index + 2]));
  }
  return { storage: found.get('STORAGE') ?? null, message: found.get('MESSAGE') ?? null };
}

/** A limit of 0, or one beyond 2^53, limits nothing that we could count. */
function readUse(usedToken: WireToken | undefined, limitToken: WireToken | undefined): QuotaUse | null {
  const used = asCount(usedToken);
  const limit = asCount(limitToken);
  return used === null ? null : { used, limit: limit === 0 ? null : limit };
}

function inOctets(use: QuotaUse | null): { readonly used: Bytes; readonly limit: Bytes | null } | null {
  if (use === null) return null;
  const used = scaled(use.used);
  return used === null ? null : { used, limit: use.limit === null ? null : scaled(use.limit) };
}

function scaled(units: number): Bytes | null {
  const octetCount = units * storageUnit;
  return Number.isSafeInteger(octetCount) ? bytes(octetCount) : null;
}
