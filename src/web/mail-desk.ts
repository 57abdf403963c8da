import type { FastifyRequest } from 'fastify';
import PQueue from 'p-queue';
import { sha256, shortId } from '../domain/brands.ts';
import { MothballError } from '../errors.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { FoundCount } from '../ports/lines.ts';
import type { ArchiveRecord, MessagePlace, MessageRow } from '../ports/records.ts';
import { foundTotal } from '../read/found-total.ts';
import { parseQuery } from '../read/search-query.ts';
import { findWanted } from '../read/wanted.ts';
import type { MailText } from './mail/mail-text.ts';
import { readText } from './mail/read-text.ts';
import { accountsOf, foundPlace } from './query.ts';
import { readMessage } from './read-message.ts';
import type { WebSource } from './source.ts';

/** A message is whole in memory while it is read: at most this many at once. */
const atOnce = 2;

/** One archived message, as the catalog knows it. */
export interface FoundMessage {
  readonly record: ArchiveRecord;
  readonly line: number;
  /** As much of it as may be shown. */
  readonly info: ManifestMessage;
}

export interface FoundMessages {
  readonly messages: readonly MessageRow[];
  /** There are more. */
  readonly more: boolean;
  /** Where they begin; null: there are none. */
  readonly next: string | null;
  /** How many there are in all. */
  readonly total: FoundCount;
}

export interface SearchPart {
  readonly limit: number;
  readonly offset: number;
  /** Left out: from the newest. */
  readonly after?: MessagePlace | undefined;
  /** Only accounts of the configuration that this glob matches; left out: all. */
  readonly account?: string | undefined;
  /** ID of an archive: only what is in it. */
  readonly archive?: string | undefined;
}

/** The only way to archived mail. Everything given out was recorded in the audit before. */
export class MailDesk {
  readonly #source: () => WebSource;
  readonly #reading = new PQueue({ concurrency: atOnce });

  constructor(source: () => WebSource) {
    this.#source = source;
  }

  /** @throws `usage` for a query that can't be read. */
  async search(request: FastifyRequest, text: string, part: SearchPart): Promise<FoundMessages> {
    const { catalog, config } = this.#source();
    const { limit, offset, after, account, archive } = part;
    const accounts = accountsOf(config.accounts, account);
    const asked = {
      ...parseQuery(text),
      ...(accounts === undefined ? {} : { accounts }),
      ...(archive === undefined ? {} : { archive: sha256(archive) }),
      ...(after === undefined ? {} : { after }),
      limit: limit + 1,
      offset,
    };
    const rows = await catalog.search(asked);
    const messages = rows.slice(0, limit);
    const more = rows.length > limit;
    const total = await foundTotal(catalog, asked, { messages: messages.length, more });
    const ids = messages.map((row) => `${shortId(row.archive)}/${row.line}`);
    await this.#audit(
      request,
      'search',
      account ?? null,
      `${archive === undefined ? '' : `archive ${archive} `}${text}: ${messages.length} found: ${ids.join(' ')}`,
    );
    const last = messages.at(-1);
    return { messages, more, total, next: more && last !== undefined ? foundPlace(last) : null };
  }

  /** What the catalog has of a message. @throws `missing`. */
  async look(request: FastifyRequest, id: string): Promise<FoundMessage> {
    const found = await this.#find(id);
    await this.#audit(request, 'show', found.record.account, nameOf(found));
    return found;
  }

  /** The message as text. @throws `verify` or `store` when it can't be read back, `refused` when it is encrypted. */
  async text(found: FoundMessage): Promise<MailText> {
    return await this.#reading.add(async () => readText(await this.#read(found)));
  }

  /** The message byte for byte. @throws `missing`, `verify`, `store`, `refused`. */
  async download(
    request: FastifyRequest,
    id: string,
  ): Promise<{ readonly data: Uint8Array; readonly name: string }> {
    const found = await this.#find(id);
    await this.#audit(request, 'download', found.record.account, nameOf(found));
    const data = await this.#reading.add(() => this.#read(found));
    return { data, name: `${shortId(found.record.id)}-${found.line}.eml` };
  }

  async #find(id: string): Promise<FoundMessage> {
    const { catalog } = this.#source();
    const [wanted] = await findWanted(catalog, { ids: [id], query: null }, null);
    const line = wanted?.lines[0];
    const info =
      wanted === undefined || line === undefined ? null : await catalog.shownLine(wanted.record.id, line);
    if (wanted === undefined || line === undefined || info === null)
      throw new MothballError({ fact: `there is no message ${id}` }, { code: 'missing' });
    return { record: wanted.record, line, info };
  }

  #read({ record, line }: FoundMessage): Promise<Uint8Array> {
    const id = `${shortId(record.id)}/${line}`;
    return readMessage(this.#source(), record, line, {
      fact: "the message is encrypted, and this daemon can't decrypt it",
      remedy: `Run \`mothball show ${id} --identity FILE\` on the machine that has the identity`,
    });
  }

  async #audit(
    request: FastifyRequest,
    action: string,
    account: string | null,
    detail: string,
  ): Promise<void> {
    const { catalog, clock } = this.#source();
    const who = `mail token from ${request.ip}`;
    await catalog.addAudit({ at: clock.now(), who, action, account, detail });
  }
}

function nameOf({ record, line }: FoundMessage): string {
  return `${record.id}/${line}`;
}
