import { connect, type Socket } from 'node:net';
import { encodeName, quote } from './raw-name.ts';
import { type RawResponse, ResponseReader } from './raw-response.ts';

export interface RawMessage {
  readonly uid: number;
  readonly flags: readonly string[];
  /** As the server wrote it, e.g. `01-Jan-2020 10:00:00 +0000`. */
  readonly internalDate: string;
  readonly size: number;
  readonly body: Buffer;
}

export interface RawAppend {
  readonly body: Buffer | string;
  readonly flags?: readonly string[];
  readonly date?: Date;
}

/**
 * An IMAP client of its own over a bare socket, for seeding and for oracles: nothing of it is
 * shared with the product. Bodies and names are exact octets.
 */
export class RawImap {
  readonly #socket: Socket;
  readonly #reader: ResponseReader;
  #tag = 0;

  private constructor(socket: Socket, reader: ResponseReader) {
    this.#socket = socket;
    this.#reader = reader;
  }

  /** Connects to 127.0.0.1 without TLS and logs in. */
  static async login(port: number, user: string, password = 'secret'): Promise<RawImap> {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    const raw = new RawImap(socket, new ResponseReader(socket));
    await raw.#reader.next();
    await raw.command(`LOGIN ${quote(user)} ${quote(password)}`);
    return raw;
  }

  /** Sends one command, returns its untagged responses and the tagged one last; NO and BAD throw. */
  async command(text: string): Promise<readonly RawResponse[]> {
    const tag = this.#send(text);
    return this.#until(tag, text);
  }

  /** The same, but a NO or BAD is returned like any answer. */
  async attempt(text: string): Promise<readonly RawResponse[]> {
    const tag = this.#send(text);
    return this.#collect(tag);
  }

  async select(folder: string): Promise<readonly RawResponse[]> {
    return this.command(`SELECT ${encodeName(folder)}`);
  }

  /** Raw lines of LIST "" "*". */
  async list(): Promise<readonly string[]> {
    const responses = await this.command('LIST "" "*"');
    return responses.filter(({ line }) => line.startsWith('* LIST')).map(({ line }) => line);
  }

  /**
   * Appends messages: pipelined, non-synchronizing literals (LITERAL+), many messages per command
   * with MULTIAPPEND where the server has it.
   */
  async append(folder: string, messages: readonly RawAppend[]): Promise<void> {
    const [capability] = await this.command('CAPABILITY');
    const names = capability?.line.toUpperCase() ?? '';
    const perCommand = names.includes('MULTIAPPEND') ? 200 : 1;
    if (!names.includes('LITERAL+')) throw new Error('the server has no LITERAL+');
    const tags: string[] = [];
    for (let start = 0; start < messages.length; start += perCommand) {
      const parts: Buffer[] = [Buffer.from(`APPEND ${encodeName(folder)}`)];
      for (const { body, flags, date } of messages.slice(start, start + perCommand)) {
        const octets = typeof body === 'string' ? Buffer.from(body) : body;
        const list = flags === undefined ? '' : ` (${flags.join(' ')})`;
        const when = date === undefined ? '' : ` "${internalDate(date)}"`;
        parts.push(Buffer.from(`${list}${when} {${octets.length}+}\r\n`), octets);
      }
      tags.push(this.#sendOctets(Buffer.concat(parts)));
      // Not so far ahead that both ends wait for each other.
      if (tags.length >= 20) await this.#settle(tags.splice(0));
    }
    await this.#settle(tags);
  }

  /** Every message of a folder, read with EXAMINE and BODY.PEEK[]. */
  async fetchAll(folder: string): Promise<readonly RawMessage[]> {
    const opened = await this.command(`EXAMINE ${encodeName(folder)}`);
    if (opened.some(({ line }) => /^\* 0 EXISTS/i.test(line))) return [];
    const responses = await this.command('FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])');
    return responses.filter(({ line }) => /^\* \d+ FETCH/i.test(line)).map(readMessage);
  }

  close(): void {
    this.#socket.end('Z LOGOUT\r\n');
    this.#socket.destroySoon();
  }

  #send(text: string): string {
    return this.#sendOctets(Buffer.from(text, 'latin1'));
  }

  #sendOctets(octets: Buffer): string {
    this.#tag += 1;
    const tag = `R${this.#tag}`;
    this.#socket.write(Buffer.concat([Buffer.from(`${tag} `), octets, Buffer.from('\r\n')]));
    return tag;
  }

  async #settle(tags: readonly string[]): Promise<void> {
    for (const tag of tags) await this.#until(tag, 'APPEND');
  }

  async #until(tag: string, text: string): Promise<readonly RawResponse[]> {
    const responses = await this.#collect(tag);
    const last = responses.at(-1)?.line ?? '';
    if (!last.startsWith(`${tag} OK`)) throw new Error(`${text.slice(0, 80)} -> ${last}`);
    return responses;
  }

  async #collect(tag: string): Promise<readonly RawResponse[]> {
    const responses: RawResponse[] = [];
    for (;;) {
      const response = await this.#reader.next();
      responses.push(response);
      if (response.line.startsWith(`${tag} `)) return responses;
    }
  }
}

function readMessage({ line, literals }: RawResponse): RawMessage {
  const body = literals.at(-1) ?? (line.includes('BODY[] ""') ? Buffer.alloc(0) : null);
  const uid = /\bUID (\d+)/.exec(line)?.[1];
  const size = /\bRFC822\.SIZE (\d+)/.exec(line)?.[1];
  const flags = /\bFLAGS \(([^)]*)\)/.exec(line)?.[1];
  const date = /\bINTERNALDATE "([^"]*)"/.exec(line)?.[1];
  if (body === null || uid === undefined || size === undefined || flags === undefined || date === undefined) {
    throw new Error(`not a whole FETCH row: ${line.slice(0, 200)}`);
  }
  const list = flags.split(' ').filter((flag) => flag !== '' && flag !== '\\Recent');
  return { uid: Number(uid), size: Number(size), flags: list, internalDate: date, body };
}

/** RFC 3501 date-time in UTC. */
export function internalDate(date: Date): string {
  const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';
  const month = months.slice(date.getUTCMonth() * 3, date.getUTCMonth() * 3 + 3);
  const day = String(date.getUTCDate()).padStart(2, '0');
  return `${day}-${month}-${date.getUTCFullYear()} ${date.toISOString().slice(11, 19)} +0000`;
}
