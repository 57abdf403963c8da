import type { AccountRef } from '../domain/account.ts';
import type { Catalog } from './catalog.ts';

/** One writer per account (SAFETY "Locks"). */
export interface Locks {
  /** Takes the lock or returns null at once when another holds it. Released by dispose. */
  account(account: AccountRef): Promise<Lock | null>;
  store(name: string): Promise<Lock | null>;
  /** What one of several replicas does for all; where they share no database, each is its own leader. */
  leader(): Promise<Lock | null>;
  /**
   * One of `places` connections to the server, of all processes that share the database. Null: all are
   * taken. Where processes share none, there is always one.
   */
  connection(server: string, places: number): Promise<Lock | null>;
  /**
   * Takes these bytes of what all processes that share the database may read from the server in a second.
   * How many milliseconds to wait before they are asked for; null: the processes share none.
   */
  pace(server: string, bytes: number, perSecond: number): Promise<number | null>;
}

/**
 * A lock that is held until it is disposed of. Where another machine may take it over (PostgreSQL), it
 * must be proved: a process that was frozen does not know how long.
 */
export interface Lock extends AsyncDisposable, Held {
  /** This lock and these others as one. Release each as before. */
  with(others: readonly Lock[]): Held;
}

/** What holding a lock, or several, permits. */
export interface Held extends Permit {
  /** The same catalog, in which no write succeeds once a lock is lost; null: they can't be lost. */
  readonly fenced: Catalog | null;
  /** Aborted when one was taken over, with the error. */
  readonly lost: AbortSignal;
}

/** Leave to change something outside of the catalog. */
export interface Permit {
  /** Asks the database where the last proof is not fresh. @throws `database`. */
  prove(): Promise<void>;
  /** In the tick that changes something. @throws `database` unless it was proved within the last 5 seconds. */
  require(): void;
}
