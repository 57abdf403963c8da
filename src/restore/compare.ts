import type { Sha256, Uid } from '../domain/brands.ts';
import type { FolderState } from '../domain/folder.ts';
import { hasFlag } from '../domain/match.ts';
import type { MessageMeta } from '../domain/message.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { MailReader } from '../ports/mail.ts';
import { bodyDigests } from '../work/body-digests.ts';

/** A message on its way to a server, with what it should be there. */
export interface Outgoing {
  readonly info: Pick<ManifestMessage, 'sha256' | 'size' | 'flags' | 'internalDate'> & {
    /** Labels of Gmail. */
    readonly labels?: readonly string[];
    /** All its line ends are known to be CRLF; false and missing prove nothing. */
    readonly crlf?: boolean;
  };
  readonly data: Uint8Array;
  /** Called when `data` is not read any more. */
  readonly release?: () => void;
}

export interface Appended<M> {
  readonly message: M;
  /** From APPENDUID; null where the server sends none. */
  readonly uid: Uid | null;
  readonly uidValidity: number | null;
}

export interface Compared<M> {
  readonly message: M;
  readonly uid: Uid | null;
  /** The folder holds exactly its bytes. */
  readonly sameBytes: boolean;
  /** What the server changed; null: bytes, flags, keywords and INTERNALDATE are the same. */
  readonly difference: string | null;
}

/** Which messages of a folder may be copies of those wanted. */
export interface Sought {
  readonly sizes: ReadonlySet<number>;
  /**
   * INTERNALDATEs in whole seconds since 1970; given, a copy counts only for mail of its own date. The server
   * may report another size than it delivers (RFC822.SIZE is wrong on some), so size alone misses copies.
   */
  readonly seconds?: ReadonlySet<number>;
  /** UIDs that an earlier restore made. */
  readonly uids?: ReadonlySet<Uid>;
}

export function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

const digestsAtOnce = 10_000;

/**
 * The UIDs of messages of each SHA-256. Some count only for mail of their INTERNALDATE, in seconds. Most
 * digests have one UID, which is kept without a list: there may be hundreds of thousands.
 */
export class Copies {
  readonly #uids = new Map<Sha256, Uid | Uid[]>();
  readonly #dated = new Map<string, Uid | Uid[]>();

  /** `second` null: it counts for mail of any date. */
  add(sha256: Sha256, uid: Uid, second: number | null = null): void {
    if (second === null) addTo(this.#uids, sha256, uid);
    else addTo(this.#dated, dated(sha256, second), uid);
  }

  /** The first of them, which is no longer among them; undefined when there is none. */
  take(sha256: Sha256, second: number): Uid | undefined {
    return takeFrom(this.#uids, sha256) ?? takeFrom(this.#dated, dated(sha256, second));
  }

  count(sha256: Sha256): number {
    const known = this.#uids.get(sha256);
    return typeof known === 'object' ? known.length : known === undefined ? 0 : 1;
  }

  digests(): Iterable<Sha256> {
    return this.#uids.keys();
  }

  /** The digest of each of these UIDs that is among them. */
  digestsOf(wanted: ReadonlySet<Uid>): ReadonlyMap<Uid, Sha256> {
    const found = new Map<Uid, Sha256>();
    for (const [sha256, uids] of this.#uids)
      for (const uid of typeof uids === 'object' ? uids : [uids]) if (wanted.has(uid)) found.set(uid, sha256);
    return found;
  }
}

function dated(sha256: Sha256, second: number): string {
  return `${sha256}@${second}`;
}

function addTo<K>(uids: Map<K, Uid | Uid[]>, key: K, uid: Uid): void {
  const known = uids.get(key);
  if (known === undefined) uids.set(key, uid);
  else if (typeof known === 'number') uids.set(key, [known, uid]);
  else known.push(uid);
}

function takeFrom<K>(uids: Map<K, Uid | Uid[]>, key: K): Uid | undefined {
  const known = uids.get(key);
  if (typeof known === 'object') return known.shift();
  uids.delete(key);
  return known;
}

/** The copies of each SHA-256 that a folder holds, reading only messages that may be sought. */
export async function copiesThere(
  session: MailReader,
  path: string,
  { sizes, seconds, uids }: Sought,
): Promise<Copies> {
  const state = await session.examine(path);
  const copies = new Copies();
  if (state.messages === 0) return copies;
  const candidates = [];
  const dates = new Map<Uid, number | null>();
  for await (const meta of session.fetchMeta(await session.search([]))) {
    const { uid, size, internalDate } = meta;
    const second = internalDate === null ? -1 : secondsOf(internalDate);
    const ours = uids?.has(uid) === true;
    if (size === null || !(ours || sizes.has(size) || seconds?.has(second) === true)) continue;
    candidates.push({ uid, size });
    dates.set(uid, ours || seconds === undefined ? null : second);
  }
  for (let from = 0; from < candidates.length; from += digestsAtOnce) {
    const some = await bodyDigests(session, candidates.slice(from, from + digestsAtOnce));
    for (const [uid, sha256] of some) copies.add(sha256, uid, dates.get(uid) ?? null);
  }
  return copies;
}

/** Reads what was appended back and compares it. `before` is the folder as it was before the first APPEND. */
export async function fetchBack<M extends Outgoing>(
  session: MailReader,
  path: string,
  before: FolderState,
  appended: readonly Appended<M>[],
): Promise<readonly Compared<M>[]> {
  if (appended.length === 0) return [];
  await session.examine(path);
  const named = appended.flatMap(({ uid }) => (uid === null ? [] : [uid]));
  const uids =
    named.length === appended.length
      ? named
      : (await session.search([])).filter((uid) => uid >= (before.uidNext ?? 1));
  const metas = new Map<Uid, MessageMeta>();
  for await (const meta of session.fetchMeta(uids.toSorted((a, b) => a - b))) metas.set(meta.uid, meta);
  const known = [...metas.values()].flatMap(({ uid, size }) => (size === null ? [] : [{ uid, size }]));
  const found = await bodyDigests(session, known);
  const own = ownUids(appended, found);
  return appended.map(({ message }, index) => {
    const uid = own[index] ?? null;
    const meta = uid === null ? undefined : metas.get(uid);
    if (uid === null || meta === undefined)
      return { message, uid, sameBytes: false, difference: 'it is not in the folder after APPEND' };
    const sha256 = found.get(uid);
    const sameBytes = sha256 === message.info.sha256;
    return { message, uid, sameBytes, difference: differs(message, meta, sha256) };
  });
}

/**
 * The UID of each message: the one that the server named, or else one with its bytes. Of several that
 * went in one command a server might name the UIDs in another order, so those that do not fit are
 * matched by their bytes too.
 */
function ownUids<M extends Outgoing>(
  appended: readonly Appended<M>[],
  found: ReadonlyMap<Uid, Sha256>,
): readonly (Uid | null)[] {
  const free = new Map(found);
  for (const { message, uid } of appended)
    if (uid !== null && found.get(uid) === message.info.sha256) free.delete(uid);
  const byDigest = new Map<Sha256, Uid[]>();
  for (const [uid, sha256] of free) byDigest.set(sha256, [...(byDigest.get(sha256) ?? []), uid]);
  return appended.map(({ message, uid }) => {
    const { sha256 } = message.info;
    if (uid !== null && found.get(uid) === sha256) return uid;
    return byDigest.get(sha256)?.shift() ?? uid;
  });
}

function differs(message: Outgoing, meta: MessageMeta, sha256: Sha256 | undefined): string | null {
  const { info } = message;
  if (sha256 !== info.sha256)
    return `the server altered its bytes (${info.size} bytes sent, ${meta.size ?? 0} stored)`;
  const lost = info.flags.filter(
    (flag) => flag.toLowerCase() !== '\\recent' && !hasFlag(meta.flags ?? [], flag),
  );
  if (lost.length > 0) return `the server dropped flags: ${lost.join(' ')}`;
  const date = new Date(info.internalDate);
  if (meta.internalDate === null || secondsOf(meta.internalDate) !== secondsOf(date))
    return 'the server changed its INTERNALDATE';
  return null;
}
