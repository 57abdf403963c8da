import { placeOf } from './compose-database.ts';
import { SharedPlaces, type TakenPlace } from './queue/shared-places.ts';
import type { Config } from './config/config.ts';
import { mostPerUser } from './imap/seats.ts';
import type { AccountRef } from './domain/account.ts';
import type { Locks } from './ports/locks.ts';
import type { Mail } from './ports/mail.ts';
import type { SharedRuns } from './ports/queue.ts';

/** Mail servers whose connections are counted by all replicas together. */
export interface BudgetedMail {
  readonly mail: Mail;
  /** Gives back what is kept for the next account. */
  close(): Promise<void>;
}

/**
 * The same servers, where no more connections are open at once than configured, and no more of one user to
 * one host than servers take, by all replicas together. No account gets a second one: another replica may
 * wait for the place, and can't ask for it.
 */
export function budgeted(
  mail: Mail,
  locks: Locks,
  { servers, database }: Pick<Config, 'servers' | 'database'>,
  signal: AbortSignal,
): BudgetedMail {
  if (database.type !== 'postgres') return { mail, close: async () => undefined };
  const kinds = new Map<string, SharedPlaces>();
  const placesOf = (name: string, places: number): SharedPlaces => {
    const known = kinds.get(name) ?? new SharedPlaces(() => locks.connection(name, places), signal);
    kinds.set(name, known);
    return known;
  };
  const wanted = ({ server, account }: AccountRef): readonly SharedPlaces[] => {
    const ofServer = placesOf(server, servers.get(server)?.maxConnections ?? 1);
    const host = servers.get(server)?.host.toLowerCase();
    const ofHost = [...servers.values()].filter((one) => one.host.toLowerCase() === host);
    // Where fewer are allowed to the host in all, no user can have too many.
    const most = ofHost.reduce((sum, { maxConnections }) => sum + maxConnections, 0);
    return most <= mostPerUser ? [ofServer] : [ofServer, placesOf(`${account} at ${host}`, mostPerUser)];
  };
  return {
    mail: {
      async open(ref, attempts, permit) {
        await using taken = new AsyncDisposableStack();
        const places: TakenPlace[] = [];
        for (const kind of wanted(ref)) places.push(taken.use(await kind.take()));
        const session = await mail.open(ref, attempts, permit);
        const dispose = session[Symbol.asyncDispose].bind(session);
        const lost = AbortSignal.any(places.map((place) => place.lost));
        // Another process has a place now, because this one was frozen: no more connections than places.
        const end = async (): Promise<void> => await dispose();
        const ends = (): void => void end().catch(() => undefined);
        lost.addEventListener('abort', ends, { once: true });
        if (lost.aborted) ends();
        const held = taken.move();
        return Object.assign(session, {
          async [Symbol.asyncDispose](): Promise<void> {
            lost.removeEventListener('abort', ends);
            try {
              await end();
            } finally {
              await held.disposeAsync();
            }
          },
        });
      },
    },
    async close() {
      await Promise.all([...kinds.values()].map((kind) => kind.close()));
    },
  };
}

/** Accounts that one replica has in hand at once, however many servers there are: each takes memory. */
const atOnce = 32;

/** The accounts that replicas share; null where there can be one daemon only. @throws `database`. */
export async function openSharedRunsOf(
  { database }: Config,
  failed: (error: Error) => void,
): Promise<SharedRuns | null> {
  const place = await placeOf(database);
  if (place.type === 'sqlite') return null;
  // The queue's library is loaded where it is used only.
  const { openSharedRuns } = await import('./queue/shared-runs.ts');
  return await openSharedRuns({ place: place.settings, atOnce, failed });
}
