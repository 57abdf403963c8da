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
  };
  readonly data: Uint8Array;
}

export interface Appended<M> {
  readonly message: M;
  /** From APPENDUID; null where the server sends none. */
  readonly uid: Uid | null;
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
   * INTERNALDATEs in whole seconds since 1970. The server may report another size than it delivers
   * (RFC822.SIZE is wrong on some), so size alone misses copies.
   */
  readonly seconds?: ReadonlySet<number>;
  /** UIDs that an earlier restore made. */
  readonly uids?: ReadonlySet<Uid>;
}

export function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** The copies of each SHA-256 that a folder holds, reading only messages that may be sought. */
export async function copiesThere(
  session: MailReader,
  path: string,
  { sizes, seconds, uids }: Sought,
): Promise<ReadonlyMap<Sha256, Uid[]>> {
  const state = await session.examine(path);
  const copies = new Map<Sha256, Uid[]>();
  if (state.messages === 0) return copies;
  const candidates = [];
  for await (const meta of session.fetchMeta(await session.search([]))) {
    const { uid, size, internalDate } = meta;
    const dated = internalDate !== null && seconds?.has(secondsOf(internalDate)) === true;
    if (size !== null && (sizes.has(size) || dated || uids?.has(uid) === true))
      candidates.push({ uid, size });
  }
  for (const [uid, sha256] of await bodyDigests(session, candidates)) {
    copies.set(sha256, [...(copies.get(sha256) ?? []), uid]);
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
  const free = new Map(found);
  return appended.map(({ message, uid }) => {
    const own = uid ?? [...free].find(([, sha256]) => sha256 === message.info.sha256)?.[0] ?? null;
    if (own !== null) free.delete(own);
    const meta = own === null ? undefined : metas.get(own);
    if (own === null || meta === undefined)
      return { message, uid: own, sameBytes: false, difference: 'it is not in the folder after APPEND' };
    const sha256 = found.get(own);
    return {
      message,
      uid: own,
      sameBytes: sha256 === message.info.sha256,
      difference: differs(message, meta, sha256),
    };
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
