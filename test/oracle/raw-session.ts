import { connect, type Socket } from 'node:net';
import { type ImapUnit, UnitCutter } from './imap-units.ts';

/** Where a test server listens in plain text. */
export interface Server {
  readonly host: string;
  readonly port: number;
}

interface Waiting {
  readonly tag: string;
  readonly onUntagged: (unit: ImapUnit) => void;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/** One IMAP login over a raw socket: what the tests see of a server without the product's eyes. */
export class RawSession {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #serial = 0;
  #broken = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const cutter = new UnitCutter();
    socket.on('data', (chunk) => {
      for (const unit of cutter.push(Buffer.from(chunk))) this.#take(unit);
    });
    const fail = (): void => {
      this.#broken = true;
      for (const one of this.#waiting.splice(0))
        one.reject(new Error('the connection to the test server broke'));
    };
    socket.on('error', fail);
    socket.on('close', fail);
  }

  static async login(server: Server, user: string, password = 'secret'): Promise<RawSession> {
    const socket = connect(server.port, server.host);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const session = new RawSession(socket);
    await session.ok(`LOGIN "${user}" "${password}"`);
    return session;
  }

  #take(unit: ImapUnit): void {
    const first = this.#waiting[0];
    if (first === undefined) return;
    if (!unit.text.startsWith(`${first.tag} `)) {
      first.onUntagged(unit);
      return;
    }
    this.#waiting.shift();
    first.resolve(unit.text.slice(first.tag.length + 1));
  }

  /** Sends a command at once, earlier ones may still be unanswered. Resolves to the tagged answer. */
  send(command: string, literal?: Buffer, onUntagged: (unit: ImapUnit) => void = () => {}): Promise<string> {
    if (this.#broken) return Promise.reject(new Error('the connection to the test server is closed'));
    const tag = `r${++this.#serial}`;
    const answer = new Promise<string>((resolve, reject) => {
      this.#waiting.push({ tag, onUntagged, resolve, reject });
    });
    if (literal === undefined) {
      this.#socket.write(`${tag} ${command}\r\n`);
    } else {
      this.#socket.write(`${tag} ${command} {${literal.length}+}\r\n`);
      this.#socket.write(literal);
      this.#socket.write('\r\n');
    }
    return answer;
  }

  /** The same for a server without LITERAL+: the literal follows when the server asks for it. */
  sendWaiting(command: string, literal: Buffer): Promise<string> {
    return this.send(`${command} {${literal.length}}`, undefined, ({ text }) => {
      if (text.startsWith('+')) this.#socket.write(Buffer.concat([literal, Buffer.from('\r\n')]));
    });
  }

  /** Sends a command that must be answered OK. Returns the untagged responses. */
  async ok(command: string, literal?: Buffer): Promise<readonly ImapUnit[]> {
    const units: ImapUnit[] = [];
    const answer = await this.send(command, literal, (unit) => units.push(unit));
    if (!answer.startsWith('OK')) throw new Error(`${command.slice(0, 80)}: ${answer}`);
    return units;
  }

  async close(): Promise<void> {
    await this.send('LOGOUT').catch(() => '');
    this.#socket.destroy();
  }
}

/** A string as IMAP quotes it (RFC 9051 §4.3). */
export function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Logs in, does something, logs out. */
export async function withSession<T>(
  server: Server,
  user: string,
  work: (session: RawSession) => Promise<T>,
): Promise<T> {
  const session = await RawSession.login(server, user);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
