import { type Bytes, bytes } from '../domain/brands.ts';
import { holdsMail } from '../domain/folder.ts';
import type { Oddity } from '../domain/oddity.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import { errorMessage, isError } from '../errors.ts';
import { encodeMailboxName } from '../format/mailbox-name.ts';
import type { MailReader } from '../ports/mail.ts';
import { asCount, asKeyword, asList, atom, octets } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** What shows that a folder holds the same messages as before: nothing came, so nothing can have gone. */
interface State {
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly messages: number;
}

/** Sizes of an account's folders that were read before, by path. */
export type KnownSizes = Map<string, State & { readonly bytes: Bytes }>;

/** The limit of a mailbox whose server reports none, as mothball.yaml has it. */
export interface ConfiguredQuota {
  readonly limit: Bytes;
  readonly known: KnownSizes;
}

/** The name of the quota root that stands for the configured limit. */
const rootName = 'configured limit';

/** The server's quota where it limits the mailbox; else the configured limit, with its or with summed usage. */
export async function withConfiguredQuota(
  wire: Wire,
  reported: readonly QuotaRoot[] | null,
  paths: readonly string[],
  parts: QuotaParts,
): Promise<readonly QuotaRoot[]> {
  const roots = reported ?? [];
  const { limit } = parts.quota;
  if (roots.some(({ storage }) => storage !== null && storage.limit !== null)) return roots;
  if (roots.some(({ storage }) => storage !== null))
    return roots.map((root) =>
      root.storage === null ? root : { ...root, storage: { ...root.storage, limit } },
    );
  const used = await summed(wire, parts);
  const storage = used === null ? null : { used, limit };
  return [...roots, { name: rootName, storage, message: null, folders: [...paths] }];
}

interface QuotaParts {
  readonly quota: ConfiguredQuota;
  /** Every folder of the account: what is in the others is under the same limit. */
  readonly folders: MailReader['folders'];
  /** May open the folder, which closes the one that is open. */
  readonly size: MailReader['size'];
  readonly report: (oddity: Oddity) => void;
}

/** Null: the size of some folder is unknown, and so is the sum. */
async function summed(
  wire: Wire,
  { quota: { known }, folders, size: sizeOf, report }: QuotaParts,
): Promise<Bytes | null> {
  const paths = (await folders()).filter(holdsMail).map(({ path }) => path);
  let total = 0;
  const unknown: string[] = [];
  const states = new Map<string, State>();
  for (const path of paths) {
    const state = await stateOf(wire, path);
    if (state !== null) states.set(path, state);
    const before = known.get(path);
    if (state !== null && before !== undefined && isSame(before, state)) total += before.bytes;
    else unknown.push(path);
  }
  for (const path of unknown) {
    try {
      const size = await sizeOf(path);
      const state = states.get(path);
      // What changed in between is read again the next time.
      if (state !== undefined && state.messages === size.messages)
        known.set(path, { ...state, bytes: size.bytes });
      total += size.bytes;
    } catch (error) {
      if (!isError(error, 'protocol', 'missing')) throw error;
      report({
        about: 'summed quota',
        text: `how full the mailbox is, is unknown: the size of a folder can't be read (${errorMessage(error)})`,
      });
      return null;
    }
  }
  return bytes(total);
}

function isSame(a: State, b: State): boolean {
  return a.uidValidity === b.uidValidity && a.uidNext === b.uidNext && a.messages === b.messages;
}

/** STATUS (RFC 9051 §6.3.11), which leaves the open folder open; null where it is refused or says too little. */
async function stateOf(wire: Wire, path: string): Promise<State | null> {
  const found = new Map<string, number | null>();
  const items = ['MESSAGES', 'UIDNEXT', 'UIDVALIDITY'].map(atom);
  const reply = await wire.run('STATUS', [octets(encodeMailboxName(path)), items], {
    untagged: {
      STATUS: ({ attributes }) => {
        const list = asList(attributes?.[1]) ?? [];
        for (let index = 0; index + 1 < list.length; index += 2) {
          const name = asKeyword(list[index]);
          if (name !== null) found.set(name, asCount(list[index + 1]));
        }
      },
    },
  });
  const messages = found.get('MESSAGES') ?? null;
  const uidNext = found.get('UIDNEXT') ?? null;
  const uidValidity = found.get('UIDVALIDITY') ?? null;
  if (reply.status !== 'OK' || messages === null || uidNext === null || uidValidity === null) return null;
  return { messages, uidNext, uidValidity };
}
