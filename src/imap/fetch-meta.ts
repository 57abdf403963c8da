import { bytes, type Uid } from '../domain/brands.ts';
import { comparable } from '../domain/match.ts';
import type { MessageMeta } from '../domain/message.ts';
import type { Oddity } from '../domain/oddity.ts';
import { Shared } from '../domain/shared.ts';
import { type UidSet, uidSets } from '../domain/uid-set.ts';
import { errorMessage, isError } from '../errors.ts';
import { readHeaderFields } from '../format/header-fields.ts';
import type { FetchMetaOptions } from '../ports/mail.ts';
import type { ServerFeatures } from './capabilities.ts';
import { parseDateTime } from './date-time.ts';
import { type FetchRow, fetchRows, fetchSets } from './fetch.ts';
import { readLabels } from './gmail.ts';
import { escapeServerText } from './imap-errors.ts';
import { asCount, asList, asModseq, asOctets, asText, type WireToken } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** Rows of one command are held until it ends, so that no command runs while a consumer works. */
const uidsPerCommand = 1000;
/** Messages of one folder that may be refused one by one; with more, the folder is at fault. */
const mostRefused = 100;

export interface MetaSource {
  readonly wire: Wire;
  readonly features: ServerFeatures;
  /** Path of the folder that is open, for reports. */
  readonly folder: string;
  readonly report: (oddity: Oddity) => void;
}

/** Metadata by UID FETCH, ascending within each command. See MailReader.fetchMeta. */
export async function* fetchMeta(
  source: MetaSource,
  uids: readonly Uid[],
  options: FetchMetaOptions,
): AsyncGenerator<MessageMeta> {
  const reader = new MetaReader(source, options);
  for (const set of uidSets(uids, uidsPerCommand)) {
    const metas = await reader.read(set.uids);
    yield* metas.toSorted((a, b) => a.uid - b.uid);
  }
}

class MetaReader {
  readonly #source: MetaSource;
  readonly #items: string;
  /** Header fields asked for, in lower case. */
  readonly #wanted: ReadonlySet<string>;
  readonly #complete: boolean;
  readonly #flagLists = new Shared<readonly string[]>();
  #refused = 0;

  constructor(source: MetaSource, options: FetchMetaOptions) {
    const names = (options.headers ?? []).map((name) => name.toUpperCase()).filter(isFieldName);
    this.#source = source;
    this.#wanted = new Set(names.map((name) => name.toLowerCase()));
    this.#items = itemsFor(source.features, names, options.saveDate === true);
    this.#complete = options.complete === true;
  }

  /** What the server reports of these messages. Those it has no row for are gone. */
  async read(uids: readonly Uid[]): Promise<readonly MessageMeta[]> {
    const metas = await this.#ask(uids);
    if (!this.#complete || metas.length === uids.length) return metas;
    // An OK with rows missing may be a server that answers only a limited number: asked once more before it is believed.
    const found = new Set(metas.map((meta) => meta.uid));
    return [...metas, ...(await this.#ask(uids.filter((uid) => !found.has(uid))))];
  }

  async #ask(uids: readonly Uid[]): Promise<readonly MessageMeta[]> {
    try {
      const metas: MessageMeta[] = [];
      for (const set of fetchSets(uids, uidsPerCommand, this.#items))
        for (const meta of await this.#command(set)) metas.push(meta);
      return metas;
    } catch (error) {
      // One refused message costs itself: the others are asked for apart from it.
      if (!isError(error, 'protocol')) throw error;
      if (uids.length > 1) return this.#halves(uids, error);
      this.#refused += 1;
      if (this.#refused > mostRefused) throw error;
      return uids.map((uid) => this.#unknown(uid, escapeServerText(errorMessage(error))));
    }
  }

  async #halves(uids: readonly Uid[], refusal: unknown): Promise<readonly MessageMeta[]> {
    const middle = Math.ceil(uids.length / 2);
    const [first, last] = [uids.slice(0, middle), uids.slice(middle)];
    const before = this.#refused;
    const metas = [...(await this.#ask(first)), ...(await this.#ask(last))];
    // When each of many is refused by itself too, the folder is at fault and not its messages.
    if (uids.length > 2 && this.#refused - before === uids.length) throw refusal;
    return metas;
  }

  async #command(set: UidSet): Promise<readonly MessageMeta[]> {
    const rows = new Map<Uid, MessageMeta>();
    const unreadable = (uid: Uid): void =>
      void rows.set(uid, this.#unknown(uid, "its answer to FETCH can't be read"));
    const onRow = (row: FetchRow): void => void rows.set(row.uid, merge(rows.get(row.uid), this.#meta(row)));
    await fetchRows(this.#source.wire, set, this.#items, { onRow, unreadable });
    for (const meta of rows.values())
      if (meta.flags === null) this.#report(meta.uid, "its flags can't be read");
    return [...rows.values()];
  }

  #meta(row: FetchRow): MessageMeta {
    const token = (key: string): WireToken | undefined => row.items.get(key)?.token;
    const size = asCount(token('RFC822.SIZE'));
    const block = asOctets(token('BODY[HEADER.FIELDS]'));
    return {
      uid: row.uid,
      size: size === null ? null : bytes(size),
      internalDate: parseDateTime(asText(token('INTERNALDATE')) ?? ''),
      flags: this.#flags(token('FLAGS')),
      emailId: asText(asList(token('EMAILID'))?.[0]) ?? asText(token('X-GM-MSGID')),
      ...(this.#source.features.gmail ? { labels: readLabels(token('X-GM-LABELS')) } : {}),
      modseq: asModseq(asList(token('MODSEQ'))?.[0]),
      savedDate: parseDateTime(asText(token('SAVEDATE')) ?? ''),
      headers:
        this.#wanted.size > 0 && block !== null ? comparable(readHeaderFields(block, this.#wanted)) : null,
    };
  }

  /** Null: no list of flags, or one with what is not a flag. Either may hide \Flagged. */
  #flags(token: WireToken | undefined): readonly string[] | null {
    const list = asList(token)?.map(asText);
    if (list === undefined || list.includes(null)) return null;
    const flags = [...new Set(list.flatMap((flag) => readFlag(flag ?? '')))];
    return this.#flagLists.of(JSON.stringify(flags), flags);
  }

  #unknown(uid: Uid, why: string): MessageMeta {
    this.#report(uid, why);
    const labels = this.#source.features.gmail ? { labels: null } : {};
    const nothing = { emailId: null, ...labels, modseq: null, savedDate: null, headers: null };
    return { uid, size: null, internalDate: null, flags: null, ...nothing };
  }

  #report(uid: Uid, why: string): void {
    const name = `"${escapeServerText(this.#source.folder)}" UID ${uid}`;
    this.#source.report({ about: name, text: `${name} is kept: ${why}` });
  }
}

function itemsFor(features: ServerFeatures, headers: readonly string[], saveDate: boolean): string {
  const items = ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'];
  if (features.condstore) items.push('MODSEQ');
  if (features.gmail) items.push('X-GM-MSGID', 'X-GM-LABELS');
  else if (features.objectId) items.push('EMAILID');
  if (saveDate && features.saveDate) items.push('SAVEDATE');
  if (headers.length > 0) items.push(`BODY.PEEK[HEADER.FIELDS (${headers.join(' ')})]`);
  return items.join(' ');
}

/** A field name (RFC 5322 §2.2) that is also an atom (RFC 9051 §9); others can't be asked for. */
function isFieldName(name: string): boolean {
  return /^[A-Z0-9!#$&'+./:;<=>?@^_`|~-]+$/.test(name) && !name.includes(':');
}

/** \Recent belongs to the session, not to the message (RFC 3501 §2.3.2). */
function readFlag(flag: string): readonly string[] {
  if (flag.toLowerCase() === '\\recent') return [];
  return [flag.startsWith('\\') ? flag.toLowerCase() : flag];
}

/**
 * A further row of the same message, such as a change of flags by another client in between: its
 * flags are the newer ones; what the rows contradict each other about is unknown.
 */
function merge(earlier: MessageMeta | undefined, later: MessageMeta): MessageMeta {
  if (earlier === undefined) return later;
  const same = <T>(a: T | null, b: T | null): T | null =>
    a === null || b === null ? (a ?? b) : String(a) === String(b) ? a : null;
  return {
    uid: later.uid,
    size: same(earlier.size, later.size),
    internalDate: same(earlier.internalDate, later.internalDate),
    flags: later.flags ?? earlier.flags,
    emailId: same(earlier.emailId, later.emailId),
    ...(later.labels === undefined ? {} : { labels: later.labels ?? earlier.labels ?? null }),
    modseq: later.modseq ?? earlier.modseq,
    savedDate: same(earlier.savedDate, later.savedDate),
    headers: earlier.headers ?? later.headers,
  };
}
