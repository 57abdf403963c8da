import { throttledBy } from '../domain/throttle.ts';
import { isError, MothballError, type Said } from '../errors.ts';
import { Deadline } from './deadline.ts';
import type { GuardedClient } from './guarded-client.ts';
import { type Exec, execOf } from './exec.ts';
import { errorField, lostConnection, noAnswer, protocolError, saidBy, throttled } from './imap-errors.ts';
import { isParsed, type Parsed, readReply, type Reply } from './reply.ts';
import { isWaiting, onlyReads, waitedIn } from './throttle.ts';
import type { Traffic } from '../ports/account-pauses.ts';
import type { Argument } from './wire-token.ts';

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

const mostAttempts = 4;

/** What is kept of one command while it runs. */
interface Watch {
  readonly deadline: Deadline;
  readonly failures: unknown[];
  /** Untagged answers that were handled. */
  readonly answers: { count: number };
}

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
  /** Called with the milliseconds that the server made a command wait. */
  throttled: (milliseconds: number) => void = () => undefined;

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
    const turn = this.#queue.then(() => this.#patiently(command, args, options));
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

  /**
   * Exchange answers BAD with a time to wait where it throttles, and imapflow waits that long, 5 minutes
   * at most. What only reads is sent again then, unless a part of its answer has come.
   */
  async #patiently(command: string, args: readonly Argument[], options: CommandOptions): Promise<Reply> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#one(
        command,
        args,
        options,
        attempt < mostAttempts && onlyReads.test(command),
      );
      if (outcome !== 'again') return outcome;
    }
  }

  async #one(
    command: string,
    args: readonly Argument[],
    options: CommandOptions,
    repeats: boolean,
  ): Promise<Reply | 'again'> {
    if (this.#dead !== null) throw this.#dead;
    this.#unparsed = [];
    this.#active += 1;
    this.#commands += 1;
    const failures: unknown[] = [];
    const answers = { count: 0 };
    const extra = Math.ceil(((options.sending ?? 0) / slowestUpload) * 1000);
    const deadline = new Deadline(
      this.#timeoutMs + extra,
      // While imapflow waits because the server throttles, the server owes nothing.
      () => (isWaiting(this.client) ? performance.now() : this.client.stats().received),
      () => {
        this.#dead ??= noAnswer(this.who, command, this.#timeoutMs + extra);
        this.client.close();
      },
    );
    try {
      const untagged = this.#guardHandlers(options.untagged ?? {}, { deadline, failures, answers });
      const settled = await this.#exec.call(this.client, command, args, { untagged });
      settled.next();
      if (failures.length > 0) throw failures[0];
      this.#settleUnparsed(command, options);
      return readReply(settled.response);
    } catch (error) {
      const waited = waitedIn(error);
      if (waited !== null) this.throttled(waited);
      if (waited !== null && repeats && answers.count === 0 && this.#dead === null) return 'again';
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
    { deadline, failures, answers }: Watch,
  ): Record<string, (response: Parsed) => Promise<void>> {
    const guarded: Record<string, (response: Parsed) => Promise<void>> = {};
    for (const [name, handler] of Object.entries(handlers)) {
      guarded[name] = async (response) => {
        answers.count += 1;
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
