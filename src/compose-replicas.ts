import { setTimeout as sleep } from 'node:timers/promises';
import { placeOf } from './compose-database.ts';
import type { Config } from './config/config.ts';
import type { Lock, Locks } from './ports/locks.ts';
import type { Mail } from './ports/mail.ts';
import type { SharedRuns } from './ports/queue.ts';

/** How often it is asked for a free place, in milliseconds. */
const askEveryMs = 300;

/**
 * The same servers, where no more connections are open at once than configured, by all replicas together.
 * No account gets a second one: another replica may wait for the place, and can't ask for it.
 */
export function budgeted(
  mail: Mail,
  locks: Locks,
  { servers, database }: Pick<Config, 'servers' | 'database'>,
  signal: AbortSignal,
): Mail {
  if (database.type !== 'postgres') return mail;
  const place = async (server: string): Promise<Lock> => {
    const places = servers.get(server)?.maxConnections ?? 1;
    for (;;) {
      signal.throwIfAborted();
      const lock = await locks.connection(server, places);
      if (lock !== null) return lock;
      await sleep(askEveryMs * (0.5 + Math.random()));
    }
  };
  return {
    async open(ref, attempts, permit) {
      const lock = await place(ref.server);
      try {
        const session = await mail.open(ref, attempts, permit);
        const dispose = session[Symbol.asyncDispose].bind(session);
        const close = async (): Promise<void> => await dispose();
        // Another process has this place now, because this one was frozen: no more connections than places.
        lock.lost.addEventListener('abort', () => void close().catch(() => undefined), { once: true });
        return Object.assign(session, {
          async [Symbol.asyncDispose](): Promise<void> {
            try {
              await close();
            } finally {
              await lock[Symbol.asyncDispose]();
            }
          },
        });
      } catch (error) {
        await lock[Symbol.asyncDispose]();
        throw error;
      }
    },
  };
}

/** The accounts that replicas share; null where there can be one daemon only. @throws `database`. */
export async function openSharedRunsOf(
  { database, servers }: Config,
  failed: (error: Error) => void,
): Promise<SharedRuns | null> {
  const place = await placeOf(database);
  if (place.type === 'sqlite') return null;
  const perServer = new Map([...servers.values()].map(({ name, maxConnections }) => [name, maxConnections]));
  const atOnce = Math.min(
    32,
    [...perServer.values()].reduce((sum, one) => sum + one, 0),
  );
  // The queue's library is loaded where it is used only.
  const { openSharedRuns } = await import('./queue/shared-runs.ts');
  return await openSharedRuns({ place: place.settings, atOnce, perServer, failed });
}
