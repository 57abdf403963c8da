import type { AccountRef } from '../domain/account.ts';
import type { Hold, Policy } from '../domain/policy.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Codec } from '../ports/codec.ts';
import type { Mail, MailSession } from '../ports/mail.ts';
import type { Progress } from '../ports/progress.ts';
import type { MakeSchedule } from '../ports/schedule.ts';
import type { StoreGate } from '../preflight/store-gate.ts';

/** A login that can be renewed: after a broken connection the next command gets a new session. */
export class Line implements AsyncDisposable {
  readonly #mail: Mail;
  readonly #account: AccountRef;
  #session: MailSession | null = null;

  constructor(mail: Mail, account: AccountRef) {
    this.#mail = mail;
    this.#account = account;
  }

  /** The session, opened when there is none. */
  async session(): Promise<MailSession> {
    this.#session ??= await this.#mail.open(this.#account);
    return this.#session;
  }

  /** Drops the session; the next call to `session` logs in anew. */
  async drop(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop();
  }
}

/** All that a run needs to work on one account. The account's lock is held while it exists. */
export interface Work {
  readonly account: AccountRef;
  /** UUID of the run; goes into manifests and receipts. */
  readonly run: string;
  /** When this work on the account began. */
  readonly started: Date;
  readonly line: Line;
  readonly catalog: Catalog;
  readonly gate: StoreGate;
  readonly codec: Codec;
  /** Policies and holds as loaded now, all of them. */
  readonly policies: readonly Policy[];
  readonly holds: readonly Hold[];
  /** Quota as it was before this run deleted anything; null until somebody asks. */
  readonly usage: { first: readonly QuotaRoot[] | null };
  /** Header fields that any policy or hold looks at (lower case). */
  readonly headerNames: readonly string[];
  /** Directory for spool files. */
  readonly spoolPath: string;
  /** Octets that the spool may hold. */
  readonly spoolMaxBytes: number;
  /** Name and version of the program, for manifests. */
  readonly tool: string;
  readonly clock: Clock;
  /** Tells when a policy runs next. */
  readonly schedule: MakeSchedule;
  readonly progress: Progress;
  /** Aborted by SIGINT, SIGTERM and pause; its reason is a MothballError `interrupted`. */
  readonly signal: AbortSignal;
}
