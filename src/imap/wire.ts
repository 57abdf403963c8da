import { isError, MothballError } from '../errors.ts';
import type { Traffic } from '../ports/account-pauses.ts';
import type { Command, CommandOptions, Underway } from './command.ts';
import { Deadline, uploadMs } from './deadline.ts';
import { execOf } from './exec.ts';
import { Flight } from './flight.ts';
import type { GuardedClient } from './guarded-client.ts';
import { noAnswer, protocolError, saidBy } from './imap-errors.ts';
import type { Meter } from './pace.ts';
import { mostAttempts, type PipelinedCommand, rolling } from './pipeline.ts';
import type { Reply } from './reply.ts';
import { closedSession } from './session-errors.ts';
import { onlyReads } from './throttle.ts';
import type { Argument } from './wire-token.ts';

/** Raw commands over one connection, one at a time or several together, each under a deadline. */
export class Wire {
  readonly who: string;
  readonly client: GuardedClient;
  readonly #timeoutMs: number;
  readonly #flight: Flight;
  #queue: Promise<unknown> = Promise.resolve();
  #lastUse = Date.now();
  #active = 0;
  #commands = 0;
  /** Where the bytes that the server sends are limited. */
  meter: Meter | null = null;

  constructor(who: string, client: GuardedClient, timeoutMs: number) {
    this.who = who;
    this.client = client;
    this.#timeoutMs = timeoutMs;
    this.#flight = new Flight(who, client, execOf(client));
  }

  /** Called with the milliseconds that the server made a command wait. */
  set throttled(called: (milliseconds: number) => void) {
    this.#flight.throttled = called;
  }

  /** Milliseconds since the last command ended; 0 while one runs. */
  get idleMs(): number {
    return this.#active > 0 ? 0 : Date.now() - this.#lastUse;
  }

  /** Called when a line could not be parsed. */
  noteUnparsed(): void {
    this.#flight.noteUnparsed();
  }

  /** Whether the connection ended while several commands of a pipeline were on their way. */
  get endedTogether(): boolean {
    return this.#flight.endedTogether;
  }

  /** From now on `pipeline` sends nothing. */
  oneByOne(): void {
    this.#flight.mayBeAhead = false;
  }

  /** What went over this connection so far. */
  get traffic(): Traffic {
    return { bytes: this.client.stats().received, commands: this.#commands };
  }

  close(): void {
    this.#flight.dead ??= closedSession(this.who);
    this.client.close();
  }

  /**
   * Sends one command and returns its tagged answer, whatever it says. A handler that throws does
   * not end the command; its error is thrown afterwards. @throws `connect`, `timeout`, `guard`,
   * `protocol` for a line that can't be parsed.
   */
  async run(command: string, args: readonly Argument[] = [], options: CommandOptions = {}): Promise<Reply> {
    this.#requireIdle(command);
    const turn = this.#queue.then(() => this.#patiently(command, args, options));
    this.#queue = turn.catch(() => undefined);
    const reply = await turn;
    if (reply.status !== 'OK') this.#flight.throwThrottle(command, saidBy(reply));
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
    return replies === 'again' ? replies : (replies[0] ?? this.#flight.failed(command, null));
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
      if (reply.status !== 'OK') this.#flight.throwThrottle(commands[index]?.command ?? '', saidBy(reply));
    return replies;
  }

  /**
   * Sends commands one after another, the next one before the one before it is answered, so that the server
   * has always something to do (RFC 9051 §5.5). What `next` yields last is null; it is asked no more once a
   * handler has failed. Each command learns its own end, in order. False: the server mixes up the order,
   * and the rest has to be sent one by one. @throws as `run`, but not for a NO or BAD, after all have ended.
   */
  async pipeline(next: () => PipelinedCommand | null, ahead = 1): Promise<boolean> {
    if (this.client.disordered || this.meter !== null || !this.#flight.mayBeAhead) return false;
    this.#requireIdle('UID FETCH');
    const counted = (): PipelinedCommand | null => {
      const command = next();
      if (command !== null) this.#commands += 1;
      return command;
    };
    const turn = this.#queue.then(() =>
      this.#underway('UID FETCH', 0, (deadline) => rolling(this.#flight, counted, { ahead, deadline })),
    );
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #together(
    commands: readonly Command[],
    options: CommandOptions,
    repeats: boolean,
  ): Promise<readonly Reply[] | 'again'> {
    const what = commands[0]?.command ?? '';
    return this.#underway(what, options.sending ?? 0, async (deadline) => {
      this.#commands += commands.length;
      const watch: Underway = { deadline, failures: [], answers: { count: 0 }, unparsed: [] };
      // All have ended before any failure is thrown: none may answer into the next command.
      const ended = await Promise.allSettled(this.#flight.send(commands, watch, repeats));
      const replies: Reply[] = [];
      for (const one of ended) {
        if (one.status === 'rejected') throw one.reason;
        if (one.value === 'again') return 'again';
        replies.push(one.value);
      }
      // A refusal says more than what was odd about the lines before it, and less than what failed here.
      for (const failure of watch.failures) if (!isError(failure, 'protocol')) throw failure;
      if (replies.every(({ status }) => status !== 'OK')) return replies;
      if (watch.failures.length > 0) throw watch.failures[0];
      this.#flight.settleUnparsed(what, watch.unparsed, options.unparsed);
      return replies;
    });
  }

  /** Runs commands under a deadline that ends the connection when nothing moves any more. */
  async #underway<T>(what: string, sending: number, job: (deadline: Deadline) => Promise<T>): Promise<T> {
    // Before the deadline begins.
    await this.meter?.settleBefore(what);
    if (this.#flight.dead !== null) throw this.#flight.dead;
    this.#flight.begin();
    this.#active += 1;
    const timeoutMs = this.#timeoutMs + uploadMs(sending);
    const deadline = new Deadline(
      timeoutMs,
      () => this.#flight.progress,
      () => {
        this.#flight.dead ??= noAnswer(this.who, what, timeoutMs);
        this.client.close();
      },
    );
    try {
      return await job(deadline);
    } finally {
      deadline.stop();
      this.#active -= 1;
      this.#lastUse = Date.now();
    }
  }

  /** @throws `guard` inside a handler: it would wait for the command that waits for it. */
  #requireIdle(command: string): void {
    if (!this.#flight.handling) return;
    throw new MothballError(
      { fact: `${this.who}: ${command} inside a fetch of the same session` },
      { code: 'guard' },
    );
  }
}
