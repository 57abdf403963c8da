import { Writable } from 'node:stream';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import { isError, MothballError } from '../errors.ts';
import type { Permit } from '../ports/locks.ts';
import { takeDirectly } from './direct-lines.ts';
import { isEncrypted, TrustedCertificate } from './fingerprint.ts';
import { checkCommand } from './guard.ts';
import {
  handleOfImapFlow,
  type ServerLine,
  isHandle,
  isSend,
  isWrite,
  sendOfImapFlow,
  writeOfImapFlow,
} from './imapflow-points.ts';
import { writeTogether } from './literals-together.ts';
import { Leave } from './leave.ts';
import { takePlainLine } from './plain-row.ts';
import { type Queued, SendAhead } from './send-ahead.ts';

export interface LoginRules {
  /** For messages: `server/account`. */
  readonly who: string;
  /** Refuse to log in over a socket that is not encrypted. */
  readonly requireTls: boolean;
  /** With authzid only SASL PLAIN may be used: any other way would log in as the master itself. */
  readonly plainOnly: boolean;
  /** Asked before each command that changes mail; null: nobody is. */
  readonly permit: Permit | null;
  /** The initial response of SASL PLAIN (RFC 4616), in base64; null: another way is used. Secret. */
  readonly plainResponse: (() => string) | null;
  /** SHA-256 of certificates (hex) of which one must be the server's; empty: TLS itself has verified it. */
  readonly fingerprints: readonly string[];
}

/**
 * imapflow with a guard on its send point: every command, ours or its own, passes here right
 * before it is written. The method is hidden from imapflow's types; a test asserts that it is
 * still there and that it is the only way out.
 */
export class GuardedClient extends ImapFlow {
  readonly #rules: LoginRules;
  readonly leave: Leave;
  readonly #ahead = new SendAhead(this);
  readonly #certificate: TrustedCertificate;
  #loginSent = false;
  /** The literals of the command that is being sent don't wait for the server (LITERAL+, RFC 7888). */
  #atOnce = false;
  /** The first refusal: imapflow swallows some errors of its own commands. */
  refusal: MothballError | null = null;
  /** The line that is being handled, as it came: the parser forgives what must not count. */
  line: Buffer = Buffer.alloc(0);

  constructor(options: ImapFlowOptions, rules: LoginRules) {
    super(options);
    this.#rules = rules;
    this.#certificate = new TrustedCertificate(rules);
    this.leave = new Leave(rules.permit);
    takeDirectly(this, (line) => this.#take(line));
  }

  /** @internal Overrides imapflow's. @throws MothballError `guard` or `refused`. */
  async send(data: Queued): Promise<void> {
    if (this.#ahead.turn(data.tag)) return;
    const permit = this.leave.neededFor(data.command);
    if (permit !== null) await this.leave.ask(permit);
    await this.#write(data);
  }

  /**
   * Writes what waits in imapflow's queue without waiting for answers. Only for commands without
   * literals; what can't be written now goes out in its turn.
   */
  sendAhead(): void {
    if (this.leave.asking) return;
    for (const data of this.#ahead.waiting()) {
      const before = this.stats().sent;
      // What goes wrong here goes wrong again in the command's turn, and is reported then.
      this.#write(data).catch(() => undefined);
      if (this.stats().sent > before) this.#ahead.written(data);
    }
  }

  /** Collects what is written until it is disposed, so that it goes out as one piece. */
  hold(): Disposable {
    const socket: unknown = Reflect.get(this, 'writeSocket');
    if (!(socket instanceof Writable)) return { [Symbol.dispose]: () => undefined };
    socket.cork();
    return { [Symbol.dispose]: () => socket.uncork() };
  }

  /** Whether the server answered commands in another order than they were sent. */
  get disordered(): boolean {
    return this.#ahead.disordered;
  }

  /** Nothing before the first await: whether it was written is known when it returns. */
  async #write(data: Queued): Promise<void> {
    if (!isSend(sendOfImapFlow))
      throw this.#refuse('guard', 'the send point of imapflow is not where it was');
    try {
      this.#check(data);
      // In the tick that writes: from here to the socket nothing waits for anything outside of this process.
      this.leave.neededFor(data.command)?.require();
    } catch (error) {
      if (isError(error)) this.refusal ??= error;
      throw error;
    }
    this.#atOnce = data.command.toUpperCase() === 'APPEND' && this.capabilities.has('LITERAL+');
    const sent = sendOfImapFlow.call(this, this.#withResponse(data));
    this.#atOnce = false;
    await sent;
  }

  /** @internal Overrides imapflow's, which waits for a "+" before each literal over 4 KiB. */
  write(chunk: Buffer): unknown {
    const point = writeOfImapFlow;
    if (!isWrite(point)) throw this.#refuse('guard', 'the writing point of imapflow is not where it was');
    if (!this.#atOnce) return point.call(this, chunk);
    const parts: unknown = Reflect.get(this, 'commandParts');
    if (writeTogether(chunk, parts, (part) => point.call(this, part))) return undefined;
    throw this.#refuse('guard', 'a part of a command of imapflow is not what it was');
  }

  /** SASL-IR (RFC 4959): the response goes with the command, which saves a round trip. */
  #withResponse(data: Queued): Queued {
    const { plainResponse } = this.#rules;
    const fits =
      plainResponse !== null &&
      isPlain(data.command.toUpperCase(), data.attributes) &&
      Array.isArray(data.attributes) &&
      data.attributes.length === 1 &&
      this.capabilities.has('SASL-IR');
    if (!fits) return data;
    const response = { type: 'ATOM', value: plainResponse(), sensitive: true };
    return { ...data, attributes: [{ type: 'ATOM', value: 'PLAIN' }, response] };
  }

  /**
   * @internal Overrides imapflow's, which sends ID and asks for the namespaces and the capabilities too:
   * `capabilities.ts` does that, each once and all together.
   */
  async startSession(): Promise<void> {
    await this.#own('run', 'CAPABILITY');
    await this.#own('upgradeToSTARTTLS');
    await this.#own('authenticate');
    this.usable = true;
  }

  /** @internal Overrides imapflow's, which asks for the capabilities. */
  async setAuthenticationState(): Promise<void> {
    this.state = this.states.AUTHENTICATED;
    Reflect.set(this, 'authenticated', true);
  }

  /** Whether the answer to the login named the capabilities. */
  get capabilitiesKnown(): boolean {
    return Reflect.get(this, 'expectCapabilityUpdate') === false && this.capabilities.size > 0;
  }

  /** A method that imapflow hides from its types. */
  async #own(name: string, ...args: readonly string[]): Promise<void> {
    const method: unknown = Reflect.get(this, name);
    if (typeof method !== 'function') throw this.#refuse('guard', `imapflow has no ${name}()`);
    await Reflect.apply(method, this, args);
  }

  /** @internal Overrides imapflow's: what it is for is taken before it is parsed. */
  async handleResponse(data: ServerLine): Promise<boolean> {
    if (!isHandle(handleOfImapFlow))
      throw this.#refuse('guard', 'the reading point of imapflow is not where it was');
    const taken = this.#take(data);
    if (taken !== false) {
      await taken;
      return true;
    }
    this.#ahead.noteLine(data.payload);
    return handleOfImapFlow.call(this, data);
  }

  /** Keeps the line beside what is made of it. */
  #take(data: ServerLine): Promise<void> | boolean {
    this.line = data.payload;
    return takePlainLine(this, data);
  }

  /**
   * @internal Overrides imapflow's. A PREAUTH greeting would have us work in an account nobody
   * chose, over a line that STARTTLS can't protect any more (RFC 9051 §7.1.4).
   */
  async initialPREAUTH(): Promise<void> {
    this.refusal ??= this.#preauth();
    this.close();
  }

  #preauth(): MothballError {
    return this.#refuse('refused', 'the server greeted with PREAUTH; no login was sent');
  }

  #check(data: Queued): void {
    const command = data.command.toUpperCase();
    checkCommand(command, data.attributes);
    this.#certificate.require(this);
    if (command === 'LOGOUT') return;
    if (!this.#loginSent && isAuthenticated(this)) throw this.#preauth();
    if (command !== 'LOGIN' && command !== 'AUTHENTICATE') return;
    if (this.#rules.requireTls && !isEncrypted(this)) {
      throw this.#refuse('refused', 'the connection is not encrypted; no login was sent');
    }
    if (this.#rules.plainOnly && !isPlain(command, data.attributes)) {
      throw this.#refuse('refused', 'the server does not offer AUTH=PLAIN, which auth style authzid needs');
    }
    this.#loginSent = true;
  }

  #refuse(code: 'guard' | 'refused', why: string): MothballError {
    const fact = `${this.#rules.who}: ${why}`;
    return new MothballError({ fact, notDone: 'nothing was done in this account' }, { code });
  }
}

function isAuthenticated(client: ImapFlow): boolean {
  const states: unknown = Reflect.get(client, 'states');
  const authenticated: unknown =
    typeof states === 'object' && states !== null ? Reflect.get(states, 'AUTHENTICATED') : undefined;
  return authenticated === undefined || Reflect.get(client, 'state') === authenticated;
}

function isPlain(command: string, attributes: unknown): boolean {
  const first: unknown = Array.isArray(attributes) ? attributes[0] : undefined;
  if (command !== 'AUTHENTICATE' || typeof first !== 'object' || first === null) return false;
  return Reflect.get(first, 'value') === 'PLAIN';
}
