import { throttledBy } from '../domain/throttle.ts';
import { isError, MothballError, type Said } from '../errors.ts';
import { Deadline } from './deadline.ts';
import type { GuardedClient } from './guarded-client.ts';
import { type Exec, execOf, type Parsed } from './exec.ts';
import { errorField, lostConnection, noAnswer, protocolError, saidBy, throttled } from './imap-errors.ts';
import type { Traffic } from '../ports/account-pauses.ts';
import { type Argument, asKeyword, asList, asSection, asText, type WireToken } from './wire-token.ts';

/** The tagged answer to a command. */
export interface Reply {
  readonly status: 'OK' | 'NO' | 'BAD';
  /** The response code's elements, e.g. `APPENDUID`, `1`, `17`; empty without one. */
  readonly code: readonly WireToken[];
  readonly text: string;
}

/** Called for each untagged response, in order; awaited, so that a slow one slows the socket. */
export type Untagged = (response: Parsed, line: Buffer) => Promise<void> | void;

export interface CommandOptions {
  /** By the response's name in capitals. */
  readonly untagged?: Readonly<Record<string, Untagged>>;
  /** Takes lines that can't be parsed; without it, one of them fails the command. */
  readonly unparsed?: (line: Buffer) => void;
  /** Bytes that go out with the command; they get more time. */
  readonly sending?: number;
}

/** Slowest upload that is still given time, in bytes per second. */
const slowestUpload = 16 * 1024;

/** Lines of one command that may be unreadable; with more, nothing it answers is believed. */
const mostUnparsed = 1000;

/** Raw commands over one connection, one at a time, each under a deadline. */
export class Wire {
  readonly who: string;
  readonly client: GuardedClient;
  readonly #timeoutMs: number;
  readonly #exec: Exec;
  #queue: Promise<unknown> = Promise.resolve();
  #dead: MothballError | null = null;
  #unparsed: Buffer[] = [];
  #lastUse = Date.now();
  #active = 0;
  #commands = 0;
  #handling = false;

  constructor(who: string, client: GuardedClient, timeoutMs: number) {
    this.who = who;
    this.client = client;
    this.#timeoutMs = timeoutMs;
    this.#exec = execOf(client);
    client.on('error', (error: unknown) => {
      this.#dead ??= lostConnection(who, 'the session', error);
    });
  }

  /** Milliseconds since the last command ended; 0 while one runs. */
  get idleMs(): number {
    return this.#active > 0 ? 0 : Date.now() - this.#lastUse;
  }

  /** Called when a line could not be parsed: what it said is unknown, so the command must not count on it. */
  noteUnparsed(): void {
    // A server that sends nothing else must not fill the memory.
    if (this.#unparsed.length < mostUnparsed) this.#unparsed.push(Buffer.from(this.client.line));
  }

  /** What went over this connection so far. */
  get traffic(): Traffic {
    return { bytes: this.client.stats().received, commands: this.#commands };
  }

  close(): void {
    this.#dead ??= new MothballError(
      { fact: `${this.who}: the session is closed` },
      {
        code: 'connect',
        retryable: true,
      },
    );
    this.client.close();
  }

  /**
   * Sends one command and returns its tagged answer, whatever it says. A handler that throws does
   * not end the command; its error is thrown afterwards. @throws `connect`, `timeout`, `guard`,
   * `protocol` for a line that can't be parsed.
   */
  async run(command: string, args: readonly Argument[] = [], options: CommandOptions = {}): Promise<Reply> {
    if (this.#handling) {
      // It would wait for the command that waits for it.
      throw new MothballError(
        { fact: `${this.who}: ${command} inside a fetch of the same session` },
        {
          code: 'guard',
        },
      );
    }
    const turn = this.#queue.then(() => this.#one(command, args, options));
    this.#queue = turn.catch(() => undefined);
    const reply = await turn;
    if (reply.status !== 'OK') this.#throwThrottle(command, saidBy(reply));
    return reply;
  }

  /** As run, but NO and BAD are `protocol` errors that say what failed. */
  async must(
    what: string,
    command: string,
    args: readonly Argument[] = [],
    options: CommandOptions = {},
  ): Promise<Reply> {
    const reply = await this.run(command, args, options);
    if (reply.status !== 'OK') throw protocolError(this.who, `${what} failed (${reply.status})`, reply);
    return reply;
  }

  async #one(command: string, args: readonly Argument[], options: CommandOptions): Promise<Reply> {
    if (this.#dead !== null) throw this.#dead;
    this.#unparsed = [];
    this.#active += 1;
    this.#commands += 1;
    const failures: unknown[] = [];
    const extra = Math.ceil(((options.sending ?? 0) / slowestUpload) * 1000);
    const deadline = new Deadline(
      this.#timeoutMs + extra,
      () => this.client.stats().received,
      () => {
        this.#dead ??= noAnswer(this.who, command, this.#timeoutMs + extra);
        this.client.close();
      },
    );
    try {
      const untagged = this.#guardHandlers(options.untagged ?? {}, deadline, failures);
      const settled = await this.#exec.call(this.client, command, args, { untagged });
      settled.next();
      if (failures.length > 0) throw failures[0];
      this.#settleUnparsed(command, options);
      return readReply(settled.response);
    } catch (error) {
      return this.#failed(command, error, failures);
    } finally {
      deadline.stop();
      this.#active -= 1;
      this.#lastUse = Date.now();
    }
  }

  /** @throws `throttled` where the server says that the account used up what it may. */
  #throwThrottle(command: string, said: Said | null): void {
    if (said === null || throttledBy(said, command) === null) return;
    this.#dead ??= throttled(this.who, said);
    throw throttled(this.who, said);
  }

  #settleUnparsed(command: string, { unparsed }: CommandOptions): void {
    if (this.#unparsed.length === 0) return;
    if (unparsed === undefined || this.#unparsed.length >= mostUnparsed)
      throw protocolError(this.who, `an answer to ${command} can't be parsed`, '');
    for (const line of this.#unparsed) unparsed(line);
  }

  #failed(command: string, error: unknown, failures: readonly unknown[]): Reply {
    if (failures.length > 0 && failures[0] === error) throw error;
    const bye = errorField(error, 'reason');
    if (bye !== '') this.#throwThrottle(command, { status: 'NO', code: null, text: bye });
    if (this.#dead !== null) throw this.#dead;
    if (isError(error)) throw error;
    const status = errorField(error, 'responseStatus');
    const code = errorField(error, 'code');
    if ((status === 'NO' || status === 'BAD') && code !== 'ETHROTTLE') {
      const response: unknown =
        typeof error === 'object' && error !== null ? Reflect.get(error, 'response') : null;
      const text = errorField(error, 'responseText');
      return isParsed(response) ? readReply(response) : { status, code: [], text };
    }
    if (/^Invalid|^ParserError|LiteralTooLarge/.test(code)) {
      throw protocolError(this.who, `${command} can't be sent or its answer can't be read`, code);
    }
    this.#dead = lostConnection(this.who, command, error);
    this.client.close();
    throw this.#dead;
  }

  /** imapflow only logs what a handler throws; here it is kept. The time-out is suspended meanwhile. */
  #guardHandlers(
    handlers: Readonly<Record<string, Untagged>>,
    deadline: Deadline,
    failures: unknown[],
  ): Record<string, (response: Parsed) => Promise<void>> {
    const guarded: Record<string, (response: Parsed) => Promise<void>> = {};
    for (const [name, handler] of Object.entries(handlers)) {
      guarded[name] = async (response) => {
        if (failures.length > 0) return;
        deadline.pause();
        this.#handling = true;
        try {
          await handler(response, this.client.line);
        } catch (error) {
          failures.push(error);
        } finally {
          this.#handling = false;
          deadline.resume();
        }
      };
    }
    return guarded;
  }
}

function isParsed(value: unknown): value is Parsed {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'command') === 'string';
}

/** Status, code and text of a tagged or untagged status response. */
export function readReply(response: Parsed): Reply {
  const name = response.command.toUpperCase();
  const attributes = response.attributes ?? [];
  const code = asSection(attributes[0]) ?? [];
  const words = attributes.flatMap((token) => (asList(token) === null ? [asText(token) ?? ''] : []));
  const text = words.join(' ').trim();
  return { status: name === 'OK' ? 'OK' : name === 'NO' ? 'NO' : 'BAD', code, text };
}

/** True when the response code is of this name. */
export function hasCode(reply: Reply, name: string): boolean {
  return asKeyword(reply.code[0]) === name;
}
