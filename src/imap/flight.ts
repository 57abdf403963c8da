import { throttledBy } from '../domain/throttle.ts';
import { isError, type MothballError, type Said } from '../errors.ts';
import type { Command, Underway } from './command.ts';
import type { Exec } from './exec.ts';
import { guardHandlers } from './guard-handlers.ts';
import type { GuardedClient } from './guarded-client.ts';
import { errorField, lostConnection, protocolError, throttled } from './imap-errors.ts';
import { readReply, refusalReply, type Reply } from './reply.ts';
import { isWaiting, waitedIn } from './throttle.ts';

/** Lines of one command that may be unreadable; with more, nothing it answers is believed. */
const mostUnparsed = 1000;

/** Commands on their way over one connection, and what became of it. */
export class Flight {
  readonly who: string;
  readonly client: GuardedClient;
  readonly #exec: Exec;
  /** Why the connection is of no use any more. */
  dead: MothballError | null = null;
  /** The connection ended while several commands were on their way. */
  endedTogether = false;
  /** Whether a command may be sent before the one before it is answered. */
  mayBeAhead = true;
  /** An answer is being handled. */
  handling = false;
  /** Called with the milliseconds that the server made a command wait. */
  throttled: (milliseconds: number) => void = () => undefined;
  #unparsed: Buffer[] = [];

  constructor(who: string, client: GuardedClient, exec: Exec) {
    this.who = who;
    this.client = client;
    this.#exec = exec;
    client.on('error', (error: unknown) => {
      this.dead ??= lostConnection(who, 'the session', error);
    });
  }

  /** Bytes received; null while a time is waited out that the server named. */
  get progress(): number | null {
    return isWaiting(this.client) ? null : this.client.stats().received;
  }

  /** Before commands are sent: what came before them belongs to none of them. */
  begin(): void {
    this.#unparsed = [];
  }

  /** Called when a line could not be parsed: what it said is unknown, so the command must not count on it. */
  noteUnparsed(): void {
    // A server that sends nothing else must not fill the memory.
    if (this.#unparsed.length < mostUnparsed) this.#unparsed.push(Buffer.from(this.client.line));
  }

  /** Sends commands together; each answer comes by itself. `again`: it waited out a throttle and may be sent again. */
  send(commands: readonly Command[], watch: Underway, repeats: boolean): readonly Promise<Reply | 'again'>[] {
    using _one = commands.length > 1 ? this.client.hold() : null;
    const answers = commands.map(async ({ command, args = [], untagged = {} }) => {
      try {
        const handlers = guardHandlers(untagged, watch, {
          line: () => this.client.line,
          busy: (busy) => void (this.handling = busy),
        });
        const settled = await this.#exec.call(this.client, command, args, { untagged: handlers });
        // Before the next line is read, which may belong to the next command.
        watch.unparsed.push(...this.#unparsed.splice(0));
        settled.next();
        return readReply(settled.response);
      } catch (error) {
        watch.unparsed.push(...this.#unparsed.splice(0));
        const waited = waitedIn(error);
        if (waited !== null) this.throttled(waited);
        if (waited !== null && repeats && watch.answers.count === 0 && this.dead === null) return 'again';
        return this.failed(command, error);
      }
    });
    if (answers.length > 1) this.client.sendAhead();
    return answers;
  }

  /** @throws `throttled` where the server says that the account used up what it may. */
  throwThrottle(command: string, said: Said | null): void {
    if (said === null || throttledBy(said, command) === null) return;
    this.dead ??= throttled(this.who, said);
    throw throttled(this.who, said);
  }

  /** Hands unreadable lines to who takes them. @throws `protocol` when nobody does, or there are too many. */
  settleUnparsed(command: string, lines: readonly Buffer[], unparsed?: (line: Buffer) => void): void {
    if (lines.length === 0) return;
    if (unparsed === undefined || lines.length >= mostUnparsed)
      throw protocolError(this.who, `an answer to ${command} can't be parsed`, '');
    for (const line of lines) unparsed(line);
  }

  /** The NO or BAD that an error is. @throws what else it is; then the connection is of no use any more. */
  failed(command: string, error: unknown): Reply {
    const bye = errorField(error, 'reason');
    if (bye !== '') this.throwThrottle(command, { status: 'NO', code: null, text: bye });
    if (this.dead !== null) throw this.dead;
    if (isError(error)) throw error;
    const refusal = refusalReply(error);
    if (refusal !== null) return refusal;
    const code = errorField(error, 'code');
    if (/^Invalid|^ParserError|LiteralTooLarge/.test(code)) {
      throw protocolError(this.who, `${command} can't be sent or its answer can't be read`, code);
    }
    this.dead = lostConnection(this.who, command, error);
    this.client.close();
    throw this.dead;
  }
}
