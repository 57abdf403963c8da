/**
 * `work/`: what everything that acts on one account shares: its connection, the rules of today, the
 * spool, the ledger of what was done, and the lock that mutating code must hold.
 * May import `preflight` and what is below the rooms (ports, domain, format, errors).
 */
import type { AccountRef } from '../domain/account.ts';
import type { Hold, Policy } from '../domain/policy.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Codec } from '../ports/codec.ts';
import type { MailReader } from '../ports/mail.ts';
import type { Progress } from '../ports/progress.ts';
import type { MakeSchedule } from '../ports/schedule.ts';
import type { StoreGate } from '../preflight/store-gate.ts';
import type { Connection } from './connection.ts';
import type { FolderIsolation } from './isolate-folder.ts';

/** Policies and holds as they are loaded now, all of them. */
export interface Rules {
  readonly policies: readonly Policy[];
  readonly holds: readonly Hold[];
  /** Header fields that any policy or hold looks at (lower case). */
  readonly headerNames: readonly string[];
}

/** Where archives are built before they are stored. */
export interface Spool {
  /** Directory of one account. */
  readonly path: string;
  /** Bytes that it may hold. */
  readonly maxBytes: number;
}

/** What one account may use in 24 hours; null: it is not limited here. */
export interface PerDay {
  readonly bytes: number | null;
  readonly commands: number | null;
}

/** What is needed to look at one account. Its connection can only read, so it needs no lock. */
export interface AccountWork {
  readonly account: AccountRef;
  readonly connection: Connection<MailReader>;
  /** Skips folders that the server refuses (SAFETY I8). */
  readonly folders: FolderIsolation;
  readonly catalog: Catalog;
  readonly gate: StoreGate;
  readonly codec: Codec;
  readonly rules: Rules;
  readonly spool: Spool;
  /** What the account may use in 24 hours; missing: as much as it likes, or as its kind of server says. */
  readonly perDay?: PerDay;
  readonly clock: Clock;
  /** Computes when a policy runs next. */
  readonly schedule: MakeSchedule;
  readonly progress: Progress;
  /** Aborted by SIGINT, SIGTERM and pause; its reason is a MothballError `interrupted`. */
  readonly signal: AbortSignal;
}
