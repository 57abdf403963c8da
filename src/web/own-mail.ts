import { accountKey, type AccountRef, sameAccount } from '../domain/account.ts';
import { sha256, shortId } from '../domain/brands.ts';
import { MothballError } from '../errors.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { RestoreJob } from '../ports/restore-jobs.ts';
import { foundTotal } from '../read/found-total.ts';
import { parseQuery } from '../read/search-query.ts';
import { HttpFault } from './fault.ts';
import type { MailText } from './mail/mail-text.ts';
import { readText } from './mail/read-text.ts';
import {
  type Destination,
  type MessageName,
  type OwnersArchive,
  type OwnMessage,
  type OwnPart,
  restoredFolder,
} from './owners/own-archive.ts';
import type { OwnerTurns } from './owners/turns.ts';
import { readMessage } from './read-message.ts';
import type { WebSource } from './source.ts';

/** Words and fields in a search, its two dates included. Each word is looked up in the index. */
const mostWords = 12;
/** Characters of a query that the audit keeps. */
const mostShown = 200;

const encrypted = {
  fact: 'this message is encrypted, and only your administrator has the key',
  remedy: 'Ask your administrator to restore it',
};

interface Found {
  readonly record: ArchiveRecord;
  readonly line: number;
  readonly info: ManifestMessage;
}

/** Who asks. */
export interface Client {
  /** Where the request comes from, for the audit. */
  readonly address: string;
  /** Aborted when the client has taken the answer, or has left. */
  readonly gone: AbortSignal;
}

/** The mail of the account that a session was opened for. */
export class OwnMail implements OwnersArchive {
  readonly #source: () => WebSource;
  readonly #turns: OwnerTurns;
  readonly #own: AccountRef;
  readonly #client: Client;

  constructor(source: () => WebSource, turns: OwnerTurns, { server, account }: AccountRef, client: Client) {
    this.#source = source;
    this.#turns = turns;
    this.#own = { server, account };
    this.#client = client;
  }

  async search(query: string, { limit, offset, after }: OwnPart) {
    const asked = {
      ...parseQuery(query, mostWords),
      ...(after === undefined ? {} : { after: { date: after, n: Number.MAX_SAFE_INTEGER } }),
      accounts: [this.#own],
      limit: limit + 1,
      offset,
    };
    const { gone } = this.#client;
    const { catalog } = this.#source();
    const { rows, total } = await this.#turns.search(this.#key(), gone, async () => {
      const found = await catalog.search(asked);
      const shown = { messages: Math.min(found.length, limit), more: found.length > limit };
      return { rows: found, total: await foundTotal(catalog, asked, shown) };
    });
    const messages = rows.filter((row) => sameAccount(row, this.#own)).slice(0, limit);
    const ids = messages.map(({ archive, line }) => `${shortId(archive)}/${line}`);
    await this.#audit('search', `${query.slice(0, mostShown)}: ${messages.length} found: ${ids.join(' ')}`);
    return { messages, more: rows.length > limit, total };
  }

  async look(name: MessageName): Promise<OwnMessage> {
    this.#turns.page(this.#key());
    const { record, line, info } = await this.#find(name);
    await this.#audit('show', `${record.id}/${line}`);
    const { id: archive, folder, created: archived } = record;
    return { archive, line, folder, info, archived, encrypted: record.encryption !== null };
  }

  async text(message: OwnMessage): Promise<MailText> {
    const found = await this.#find(message);
    const { gone } = this.#client;
    return await this.#turns.read(this.#key(), gone, async () => readText(await this.#read(found)));
  }

  async download(name: MessageName): Promise<{ readonly data: Uint8Array; readonly name: string }> {
    this.#turns.page(this.#key());
    const found = await this.#find(name);
    await this.#audit('download', `${found.record.id}/${found.line}`);
    const { gone } = this.#client;
    this.#turns.takeDownload(this.#key(), found.info.size, gone);
    const data = await this.#turns.read(this.#key(), gone, () => this.#read(found));
    return { data, name: `${shortId(found.record.id)}-${found.line}.eml` };
  }

  async restore(names: readonly MessageName[], to: Destination): Promise<string> {
    this.#turns.page(this.#key());
    const found: Found[] = [];
    for (const name of names) found.push(await this.#find(name));
    if (found.some(({ record }) => record.encryption !== null))
      throw new MothballError(
        { ...encrypted, fact: `${encrypted.fact}; nothing was restored` },
        { code: 'refused' },
      );
    const { restores } = this.#source();
    if (restores === undefined) throw new HttpFault(403, 'nothing is restored from here');
    return restores.start({
      ids: [...new Set(found.map(({ record, line }) => `${record.id}/${line}`))],
      owner: this.#own,
      account: this.#own,
      folder: to === 'original' ? null : restoredFolder,
      who: this.#who(),
    });
  }

  job(id: string): RestoreJob | null {
    const job = this.#source().restores?.job(id) ?? null;
    const owner = job?.wish.owner ?? null;
    return owner !== null && sameAccount(owner, this.#own) ? job : null;
  }

  /** The only way to a record. Mail of others, expired mail and mail that never existed give the same error. */
  async #find({ archive, line }: MessageName): Promise<Found> {
    const { catalog } = this.#source();
    const record = /^[0-9a-f]{64}$/.test(archive) ? await catalog.archive(sha256(archive)) : null;
    const own = record !== null && record.state !== 'expired' && sameAccount(record, this.#own);
    const info = own && line < record.messages ? await catalog.shownLine(record.id, line) : null;
    if (!own || info === null)
      throw new MothballError({ fact: 'there is no such message in your archive' }, { code: 'missing' });
    return { record, line, info };
  }

  #read({ record, line }: Found): Promise<Uint8Array> {
    return readMessage(this.#source(), record, line, encrypted);
  }

  #key(): string {
    return accountKey(this.#own);
  }

  async #audit(action: string, detail: string): Promise<void> {
    const { catalog, clock } = this.#source();
    const { account } = this.#own;
    await catalog.addAudit({ at: clock.now(), who: this.#who(), action, account, detail });
  }

  #who(): string {
    const { server, account } = this.#own;
    return `owner of ${account} on ${server} from ${this.#client.address}`;
  }
}
