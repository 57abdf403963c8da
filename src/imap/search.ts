import { asUid, type Uid } from '../domain/brands.ts';
import type { SearchTerm } from '../domain/narrow.ts';
import type { Oddity } from '../domain/oddity.ts';
import type { Ask } from './ask.ts';
import type { ServerFeatures } from './capabilities.ts';
import type { Untagged } from './command.ts';
import { formatDay } from './date-time.ts';
import { uidOfRow } from './fetch.ts';
import { escapeServerText, protocolError } from './imap-errors.ts';
import { type Argument, asCount, asText, atom, octets, sequence, verbatim } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** Every UID there can be, as a closed range: the guard lets no open one pass (SAFETY I2). */
const everyUid = '1:4294967295';
/** Finds all mail, on a server whose SEARCH can be believed. */
const datedKeys: readonly Argument[] = [atom('BEFORE'), atom('1-Jan-2100')];
/** UIDs that one answer may list; more are no mailbox. */
const mostUids = 10_000_000;
/** The same of one of many folders that are asked together, all of which are small. */
const mostGlanced = 100_000;

/**
 * UID SEARCH (RFC 9051 §6.4.4) on one session; UIDs ascending, each once. It only narrows: what a
 * server refuses or answers wrongly costs time and decides nothing.
 */
export class Search {
  readonly #wire: Wire;
  readonly #features: ServerFeatures;
  readonly #report: (oddity: Oddity) => void;
  /** Whether a search by date finds what it should; null: not tried. */
  #honest: boolean | null = null;

  constructor(wire: Wire, features: ServerFeatures, report: (oddity: Oddity) => void) {
    this.#wire = wire;
    this.#features = features;
    this.#report = report;
  }

  /** What the terms find in the folder that is open, which holds this many messages. */
  async uids(terms: readonly SearchTerm[], messages: number): Promise<readonly Uid[]> {
    const keys = terms.flatMap((term) => searchKey(term, this.#features));
    if (keys.length === 0 || this.#honest === false) return this.all(messages);
    const found = await this.#refusable(keys);
    if (found === null) return this.all(messages);
    if (found.length > 0 || messages === 0 || (await this.isHonest(messages))) return found;
    return this.all(messages);
  }

  /** Every UID of the open folder, which holds this many messages: by SEARCH, where that fails by FETCH. */
  async all(messages: number): Promise<readonly Uid[]> {
    const found = await this.#refusable([atom('ALL')]);
    return found === null || (found.length === 0 && messages > 0) ? await this.#fetched() : found;
  }

  /**
   * The same as one question, to be asked with others. Null: it has to be asked by itself. It answers null
   * where `uids` may know better.
   */
  ask(terms: readonly SearchTerm[]): Ask<readonly Uid[] | null> | null {
    const keys = terms.flatMap((term) => searchKey(term, this.#features));
    if (keys.length > 0 && this.#honest === false) return null;
    return searchAsk(keys.length === 0 ? [atom('ALL')] : keys, this.#features, mostGlanced);
  }

  /** A search for all mail by date, to be asked with others in a folder that holds mail; null: not needed. */
  askHonest(): Ask<readonly Uid[] | null> | null {
    return this.#honest === null ? searchAsk(datedKeys, this.#features, mostGlanced) : null;
  }

  /** What came of it. Only a clear yes counts here: whatever else it is, `isHonest` finds out and reports. */
  noteHonest(found: readonly Uid[] | null, messages: number): void {
    if (messages > 0 && found?.length === messages) this.#honest ??= true;
  }

  /** Whether a search that finds nothing can be believed. */
  get believed(): boolean {
    return this.#honest === true;
  }

  /** Null, and reported, when the server refuses it. */
  async #refusable(keys: readonly Argument[]): Promise<readonly Uid[] | null> {
    const asked = searchAsk(keys, this.#features);
    let reply = await this.#wire.run('UID SEARCH', asked.args, { untagged: asked.untagged });
    if (reply.status === 'OK') return asked.read(reply);
    if (this.#features.esearch) {
      const plain = searchAsk(keys, null);
      reply = await this.#wire.run('UID SEARCH', plain.args, { untagged: plain.untagged });
      if (reply.status === 'OK') return plain.read(reply);
    }
    const words = escapeServerText(reply.text);
    this.#report({
      about: 'SEARCH refused',
      text: `the server refuses UID SEARCH (${reply.status}: ${words}); all messages of the folder are looked at instead`,
    });
    return null;
  }

  /** Once a session: does a search for all mail before tomorrow find all mail? */
  async isHonest(messages: number): Promise<boolean> {
    if (this.#honest !== null) return this.#honest;
    const all = await this.all(messages);
    if (all.length === 0) return true;
    const dated = await this.#refusable(datedKeys);
    this.#honest = dated !== null && dated.length === all.length;
    if (!this.#honest)
      this.#report({
        about: 'SEARCH by date',
        text: `the server's SEARCH by date finds ${dated?.length ?? 0} of ${all.length} messages; all messages of each folder are looked at instead`,
      });
    return this.#honest;
  }

  async #fetched(): Promise<readonly Uid[]> {
    const found = new Set<Uid>();
    const reply = await this.#wire.run('UID FETCH', [sequence(everyUid), verbatim('(UID)')], {
      untagged: {
        FETCH: ({ attributes }) => {
          const uid = uidOfRow(attributes);
          if (uid !== null && found.size < mostUids) found.add(uid);
        },
      },
    });
    if (reply.status !== 'OK')
      throw protocolError(
        this.#wire.who,
        `neither SEARCH nor FETCH lists the messages (${reply.status})`,
        reply,
      );
    return [...found].sort((a, b) => a - b);
  }
}

interface SearchAsk extends Ask<readonly Uid[] | null> {
  readonly args: readonly Argument[];
  readonly untagged: Readonly<Record<string, Untagged>>;
}

/**
 * UIDs ascending, or null for a refusal. OK without a SEARCH line is an empty answer, as iCloud gives it;
 * what is not a UID is left out. With ESEARCH (RFC 4731) the answer comes in ranges.
 */
function searchAsk(
  keys: readonly Argument[],
  features: Pick<ServerFeatures, 'esearch'> | null,
  most = mostUids,
): SearchAsk {
  const found = new Set<Uid>();
  let tooMany = false;
  const ranges: readonly Argument[] = features?.esearch === true ? [atom('RETURN'), [atom('ALL')]] : [];
  return {
    command: 'UID SEARCH',
    args: [...ranges, ...keys],
    untagged: {
      SEARCH: ({ attributes, numbers }) => {
        for (const number of numbers ?? (attributes ?? []).map(asCount)) {
          const uid = asUid(number ?? 0);
          if (found.size >= most) tooMany = true;
          else if (uid !== null) found.add(uid);
        }
      },
      // Some servers answer with ESEARCH though nobody asked for it (RFC 9051 §7.3.4).
      ESEARCH: ({ attributes }) => {
        const list = (attributes ?? []).map(asText);
        const set = list[list.findIndex((word) => word?.toUpperCase() === 'ALL') + 1] ?? null;
        const uids = set === null || !list.some(isAll) ? [] : uidsOfSet(set, most - found.size);
        if (uids === null) tooMany = true;
        for (const uid of uids ?? []) found.add(uid);
      },
    },
    read: ({ status }) => (status === 'OK' && !tooMany ? [...found].sort((a, b) => a - b) : null),
  };
}

function isAll(word: string | null): boolean {
  return word?.toUpperCase() === 'ALL';
}

/** The UIDs of a set that a server sent; null for an absurd one, or one of more than `most`, which is not spelled out. */
function uidsOfSet(set: string, most: number): readonly Uid[] | null {
  const ranges: (readonly [number, number])[] = [];
  let count = 0;
  for (const part of set.split(',')) {
    const [, first, last = first] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)].toSorted((a, b) => a - b);
    if (from === undefined || to === undefined || Number.isNaN(to)) return null;
    count += to - from + 1;
    if (count > most) return null;
    ranges.push([from, to]);
  }
  const uids: Uid[] = [];
  for (const [from, to] of ranges)
    for (let number = from; number <= to; number += 1) {
      const uid = asUid(number);
      if (uid !== null) uids.push(uid);
    }
  return uids;
}

function searchKey(term: SearchTerm, features: ServerFeatures): readonly Argument[] {
  switch (term.kind) {
    case 'before':
      return [atom('BEFORE'), atom(formatDay(term.day))];
    case 'sentBefore':
      return [atom('SENTBEFORE'), atom(formatDay(term.day))];
    case 'savedBefore':
      // Without SAVEDATE (RFC 8514) the key is unknown to the server; the local verdict stays.
      return features.saveDate ? [atom('SAVEDBEFORE'), atom(formatDay(term.day))] : [];
    case 'larger':
      return [atom('LARGER'), atom(String(Math.min(term.bytes, 0xffff_ffff)))];
    case 'flag':
      return [atom(`${term.set ? '' : 'UN'}${term.flag.toUpperCase()}`)];
    case 'gmailId':
      // Any other text would be a command of its own.
      return features.gmail && /^\d{1,20}$/.test(term.id) ? [atom('X-GM-MSGID'), atom(term.id)] : [];
    case 'keyword':
      return [atom(term.set ? 'KEYWORD' : 'UNKEYWORD'), keywordAtom(term.keyword)];
  }
}

/** A keyword is an atom (RFC 9051 §9); anything else is sent so that the server refuses it, not us. */
function keywordAtom(keyword: string): Argument {
  return /^[A-Za-z0-9$_.:+-]+$/.test(keyword) ? atom(keyword) : octets(Buffer.from(keyword, 'utf8'));
}
