import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openLocks } from '../../src/catalog/locks.ts';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import type { AccountRef } from '../../src/domain/account.ts';
import { bytes } from '../../src/domain/brands.ts';
import { dayMs } from '../../src/domain/dates.ts';
import type { Hold, Policy } from '../../src/domain/policy.ts';
import { recordedHeaders } from '../../src/domain/selection.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import type { Locks } from '../../src/ports/locks.ts';
import type { Mail } from '../../src/ports/mail.ts';
import { StoreGate } from '../../src/preflight/store-gate.ts';
import { cronSchedule } from '../../src/schedule/cron.ts';
import { localStore } from '../../src/store/local.ts';
import { releasedOn } from '../../src/version.ts';
import type { AccountWork } from '../../src/work/account-work.ts';
import { type Lockable, type LockedWork, withLock } from '../../src/work/locked-work.ts';
import { olderThan, policy } from '../domain/subjects.ts';
import { login } from '../imap/sessions.ts';
import { type Hook, type ScriptedImap, startScriptedImap } from '../servers/scripted-imap.ts';
import type { ScriptedOptions } from '../servers/scripted-types.ts';

/** One account, with a real catalog, store, codec and locks; its mail server does what a test wants. */
export interface AccountWorld {
  readonly account: AccountRef;
  readonly server: ScriptedImap;
  /** By command; a test may add and remove them at any time. */
  readonly hooks: Record<string, Hook>;
  readonly catalog: Catalog;
  readonly locks: Locks;
  readonly mail: Mail;
  /** Where the store keeps its files. */
  readonly archiveDir: string;
  /** Lines for a person. */
  readonly notes: readonly string[];
  /** What work takes for now, and the rules of the day. */
  now: Date;
  policies: readonly Policy[];
  holds: readonly Hold[];
  spoolMaxBytes: number;
  readonly stop: AbortController;
  /** What a lock turns into a LockedWork, as everything is now. */
  lockable(): Lockable;
  /** Does the job under the account's lock. */
  locked<T extends object | void>(job: (work: LockedWork) => Promise<T>): Promise<T>;
}

/** Archives to `local` what is older than 30 days, and deletes it a week later. */
export const usual = policy(olderThan(30), {
  limits: { maxMessages: 50_000, maxBytes: bytes(20 * 1024 ** 3), maxPercent: 100 },
});

export async function accountWorld(
  t: TestContext,
  options: Omit<ScriptedOptions, 'hooks'> = {},
): Promise<AccountWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'world-'));
  const hooks: Record<string, Hook> = {};
  const server = await startScriptedImap({ ...options, hooks });
  const catalog = await openCatalog(join(directory, 'a.db'), { mode: 'create' });
  const codec = threadedCodec();
  t.after(async () => {
    await codec.close();
    await catalog[Symbol.asyncDispose]();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });
  const archiveDir = join(directory, 'archive');
  const store = localStore({ name: 'local', path: archiveDir, ephemeral: true });
  const account = { server: 'test', account: 'bob' };
  const notes: string[] = [];
  let runs = 0;
  const quiet = (): void => undefined;
  const stop = new AbortController();
  const locks = openLocks(join(directory, 'locks'));
  const mail: Mail = { open: () => login(server.port) };
  const parts = (): Omit<AccountWork, 'connection' | 'folders'> => {
    const clock = { now: () => world.now };
    const note = (line: string): void => void notes.push(line);
    return {
      account,
      catalog,
      gate: new StoreGate({ stores: new Map([['local', store]]), catalog, clock, warn: note }),
      codec,
      rules: {
        policies: world.policies,
        holds: world.holds,
        headerNames: recordedHeaders(world.policies, world.holds),
      },
      spool: { path: join(directory, 'spool'), maxBytes: world.spoolMaxBytes },
      clock,
      schedule: cronSchedule,
      progress: { begin: quiet, advance: quiet, end: quiet, note },
      signal: stop.signal,
    };
  };
  const world: AccountWorld = {
    account,
    server,
    hooks,
    catalog,
    locks,
    mail,
    archiveDir,
    notes,
    // Any earlier clock would be refused.
    now: new Date(releasedOn.getTime() + dayMs),
    policies: [usual],
    holds: [],
    spoolMaxBytes: 1024 ** 3,
    stop,
    lockable: () => ({ locks, mail, run: `run-${(runs += 1)}`, tool: 'mothball test', parts: parts() }),
    async locked(job) {
      const done = await withLock(world.lockable(), job);
      if (done === 'locked') throw new Error('the account is locked');
      return done;
    },
  };
  return world;
}
