import { isError, MothballError } from '../errors.ts';
import { Deadline, uploadMs } from './deadline.ts';
import { type Exec, execOf, type GuardedHandlers } from './exec.ts';
import type { GuardedClient } from './guarded-client.ts';
import { errorField, lostConnection, noAnswer, protocolError } from './imap-errors.ts';
import { isParsed, readReply } from './reply.ts';
import type { Argument, WireToken } from './wire-token.ts';

/** A response as the parser hands it over. */
export interface Parsed {
  readonly command: string;
  readonly attributes?: readonly WireToken[] | undefined;
  /** The numbers of a SEARCH response, which come here instead. */
  readonly numbers?: readonly number[] | undefined;
}

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

/** Lines of one command that may be unreadable; with more, nothing it answers is believed. */
const mostUnparsed = 1000;

/** One of several commands that are sent together. */
export interface Command {
  readonly command: string;
  /** Without literals. */
  readonly args?: readonly Argument[];
  readonly untagged?: Readonly<Record<string, Untagged>>;
}

/** Raw commands over one connection, one at a time or several together, each under a deadline. */
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
    const turn = this.#queue.then(() => this.#together([{ command, args, ...options }], options));
    this.#queue = turn.catch(() => undefined);
    const [reply] = await turn;
    return reply ?? this.#failed(command, null);
  }

  /**
   * Sends commands together, in one round trip (RFC 9051 §5.5), and returns the tagged answer of each.
   * Null: the server mixes up the order, so they have to be sent one by one. @throws as `run`; an error
   * that concerns one of them fails all.
   */
  async batch(
    commands: readonly Command[],
    options: Pick<CommandOptions, 'unparsed'> = {},
  ): Promise<readonly Reply[] | null> {
    if (this.client.disordered) return null;
    const turn = this.#queue.then(() => this.#together(commands, options));
    this.#queue = turn.catch(() => undefined);
    const replies = await turn;
    return this.client.disordered ? null : replies;
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

  async #together(commands: readonly Command[], options: CommandOptions): Promise<readonly Reply[]> {
    if (this.#dead !== null) throw this.#dead;
    this.#unparsed = [];
    this.#active += 1;
    const what = commands[0]?.command ?? '';
    const failures: unknown[] = [];
    const timeoutMs = this.#timeoutMs + uploadMs(options.sending ?? 0);
    const deadline = new Deadline(
      timeoutMs,
      () => this.client.stats().received,
      () => {
        this.#dead ??= noAnswer(this.who, what, timeoutMs);
        this.client.close();
      },
    );
    try {
      const answers = this.#send(commands, (untagged) => this.#guardHandlers(untagged, deadline, failures));
      // All have ended before any failure is thrown: none may answer into the next command.
      const ended = await Promise.allSettled(answers);
      const replies = ended.map((one) => {
        if (one.status === 'fulfilled') return one.value;
        throw one.reason;
      });
      // A refusal says more than what was odd about the lines before it.
      if (replies.every(({ status }) => status !== 'OK')) return replies;
      if (failures.length > 0) throw failures[0];
      this.#settleUnparsed(what, options);
      return replies;
    } finally {
      deadline.stop();
      this.#active -= 1;
      this.#lastUse = Date.now();
    }
  }

  #send(
    commands: readonly Command[],
    guarded: (untagged: NonNullable<Command['untagged']>) => GuardedHandlers,
  ): readonly Promise<Reply>[] {
    using _one = commands.length > 1 ? this.client.hold() : null;
    const answers = commands.map(({ command, args = [], untagged = {} }) =>
      this.#answer(command, args, guarded(untagged)),
    );
    if (answers.length > 1) this.client.sendAhead();
    return answers;
  }

  async #answer(command: string, args: readonly Argument[], untagged: GuardedHandlers): Promise<Reply> {
    try {
      const settled = await this.#exec.call(this.client, command, args, { untagged });
      settled.next();
      return readReply(settled.response);
    } catch (error) {
      return this.#failed(command, error);
    }
  }

  #settleUnparsed(command: string, { unparsed }: CommandOptions): void {
    if (this.#unparsed.length === 0) return;
    if (unparsed === undefined || this.#unparsed.length >= mostUnparsed)
      throw protocolError(this.who, `an answer to ${command} can't be parsed`, '');
    for (const line of this.#unparsed) unparsed(line);
  }

  #failed(command: string, error: unknown): Reply {
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
  ): GuardedHandlers {
    const guarded: GuardedHandlers = {};
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
