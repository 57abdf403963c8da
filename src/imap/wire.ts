import { throttledBy } from '../domain/throttle.ts';
import { isError, MothballError, type Said } from '../errors.ts';
import type { Command, CommandOptions, Underway } from './command.ts';
import { Deadline, uploadMs } from './deadline.ts';
import type { GuardedClient } from './guarded-client.ts';
import { type Exec, execOf } from './exec.ts';
import { guardHandlers } from './guard-handlers.ts';
import { errorField, lostConnection, noAnswer, protocolError, saidBy, throttled } from './imap-errors.ts';
import type { Meter } from './pace.ts';
import { readReply, refusalReply, type Reply } from './reply.ts';
import { closedSession } from './session-errors.ts';
import { isWaiting, onlyReads, waitedIn } from './throttle.ts';
import type { Traffic } from '../ports/account-pauses.ts';
import type { Argument } from './wire-token.ts';

/** Lines of one command that may be unreadable; with more, nothing it answers is believed. */
const mostUnparsed = 1000;

const mostAttempts = 4;

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
  #commands = 0;
  #handling = false;
  /** Called with the milliseconds that the server made a command wait. */
  throttled: (milliseconds: number) => void = () => undefined;
  /** Where the bytes that the server sends are limited. */
  meter: Meter | null = null;

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
    this.#dead ??= closedSession(this.who);
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
        { code: 'guard' },
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
    const replies = await this.#together([{ command, args, ...options }], options, repeats);
    return replies === 'again' ? replies : (replies[0] ?? this.#failed(command, null));
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
    const turn = this.#queue.then(() => this.#together(commands, options, false));
    this.#queue = turn.catch(() => undefined);
    const replies = await turn;
    if (replies === 'again' || this.client.disordered) return null;
    for (const [index, reply] of replies.entries())
      if (reply.status !== 'OK') this.#throwThrottle(commands[index]?.command ?? '', saidBy(reply));
    return replies;
  }

  async #together(
    commands: readonly Command[],
    options: CommandOptions,
    repeats: boolean,
  ): Promise<readonly Reply[] | 'again'> {
    const what = commands[0]?.command ?? '';
    // Before the deadline begins.
    await this.meter?.settleBefore(what);
    if (this.#dead !== null) throw this.#dead;
    this.#unparsed = [];
    this.#active += 1;
    this.#commands += commands.length;
    const failures: unknown[] = [];
    const answers = { count: 0 };
    const timeoutMs = this.#timeoutMs + uploadMs(options.sending ?? 0);
    const deadline = new Deadline(
      timeoutMs,
      () => (isWaiting(this.client) ? performance.now() : this.client.stats().received),
      () => {
        this.#dead ??= noAnswer(this.who, what, timeoutMs);
        this.client.close();
      },
    );
    const watch = { deadline, failures, answers };
    try {
      // All have ended before any failure is thrown: none may answer into the next command.
      const ended = await Promise.allSettled(this.#send(commands, watch, repeats));
      const replies: Reply[] = [];
      for (const one of ended) {
        if (one.status === 'rejected') throw one.reason;
        if (one.value === 'again') return 'again';
        replies.push(one.value);
      }
      // A refusal says more than what was odd about the lines before it, and less than what failed here.
      for (const failure of failures) if (!isError(failure, 'protocol')) throw failure;
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
    watch: Underway,
    repeats: boolean,
  ): readonly Promise<Reply | 'again'>[] {
    using _one = commands.length > 1 ? this.client.hold() : null;
    const answers = commands.map(async ({ command, args = [], untagged = {} }) => {
      try {
        const handlers = guardHandlers(untagged, watch, {
          line: () => this.client.line,
          busy: (busy) => void (this.#handling = busy),
        });
        const settled = await this.#exec.call(this.client, command, args, { untagged: handlers });
        settled.next();
        return readReply(settled.response);
      } catch (error) {
        const waited = waitedIn(error);
        if (waited !== null) this.throttled(waited);
        if (waited !== null && repeats && watch.answers.count === 0 && this.#dead === null) return 'again';
        return this.#failed(command, error);
      }
    });
    if (answers.length > 1) this.client.sendAhead();
    return answers;
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

  #failed(command: string, error: unknown): Reply {
    const bye = errorField(error, 'reason');
    if (bye !== '') this.#throwThrottle(command, { status: 'NO', code: null, text: bye });
    if (this.#dead !== null) throw this.#dead;
    if (isError(error)) throw error;
    const refusal = refusalReply(error);
    if (refusal !== null) return refusal;
    const code = errorField(error, 'code');
    if (/^Invalid|^ParserError|LiteralTooLarge/.test(code)) {
      throw protocolError(this.who, `${command} can't be sent or its answer can't be read`, code);
    }
    this.#dead = lostConnection(this.who, command, error);
    this.client.close();
    throw this.#dead;
  }
}
