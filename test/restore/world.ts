import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { archive } from '../../src/archive/archive.ts';
import { openLocks } from '../../src/catalog/locks.ts';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import type { AccountRef } from '../../src/domain/account.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import { StoreGate } from '../../src/preflight/store-gate.ts';
import { findWanted } from '../../src/read/wanted.ts';
import { restore, type RestoreReport } from '../../src/restore/restore.ts';
import { cronSchedule } from '../../src/schedule/cron.ts';
import { localStore } from '../../src/store/local.ts';
import { Ledger } from '../../src/work/ledger.ts';
import { type LockedWork, withLock } from '../../src/work/locked-work.ts';
import { seedByAppend } from '../corpus/append.ts';
import type { SeedMessage } from '../corpus/mailbox.ts';
import { olderThan, policy } from '../domain/subjects.ts';
import { login } from '../imap/sessions.ts';
import { meddle } from '../oracle/meddle.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import type { Dovecot } from '../servers/dovecot.ts';

/** An account whose mail is in archives, and no longer on the server. */
export interface RestoreWorld {
  readonly account: AccountRef;
  readonly catalog: Catalog;
  readonly archiveDir: string;
  /** Path of the catalog. */
  readonly database: string;
  /** The mailbox as it was when its mail was archived. */
  readonly full: Snapshot;
  /** The mailbox as it is now. */
  now(): Promise<Snapshot>;
  /** Restores all archives of the account, or those that these IDs name, under its lock. */
  restore(options?: { readonly ids?: readonly string[]; readonly target?: string }): Promise<RestoreReport>;
}

/** Puts the mail on the server, archives all of it, one archive a folder, and removes it from the server. */
export async function restoreWorld(
  t: TestContext,
  dovecot: Dovecot,
  user: string,
  mail: readonly SeedMessage[],
): Promise<RestoreWorld> {
  await seedByAppend(dovecot, user, mail);
  const directory = await mkdtemp(join(tmpdir(), 'restore-'));
  const catalog = await openCatalog(join(directory, 'a.db'), { mode: 'create' });
  const codec = threadedCodec();
  t.after(async () => {
    await codec.close();
    await catalog[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });
  const archiveDir = join(directory, 'archive');
  const stores = new Map([['local', localStore({ name: 'local', path: archiveDir, ephemeral: true })]]);
  const account = { server: 'test', account: user };
  const rule = policy(olderThan(30));
  const clock = { now: () => new Date() };
  const quiet = (): void => undefined;
  const locked = async <T extends object | void>(job: (work: LockedWork) => Promise<T>): Promise<T> => {
    const done = await withLock(
      {
        locks: openLocks(join(directory, 'locks')),
        mail: { open: () => login(dovecot.port, user) },
        run: 'run-1',
        tool: 'mothball test',
        parts: {
          account,
          catalog,
          gate: new StoreGate({ stores, catalog, clock, warn: quiet }),
          codec,
          rules: { policies: [rule], holds: [], headerNames: [] },
          spool: { path: join(directory, 'spool'), maxBytes: 1024 ** 3 },
          clock,
          schedule: cronSchedule,
          progress: { begin: quiet, advance: quiet, end: quiet, note: quiet },
          signal: new AbortController().signal,
        },
      },
      job,
    );
    if (done === 'locked') throw new Error('the account is locked');
    return done;
  };
  const full = await snapshot(dovecot, user, { bytes: true });
  await locked(async (work) => {
    const session = await work.connection.session();
    const plan = await makePlan({ account, session, catalog, policy: rule, holds: [], now: clock.now() });
    await archive(work, rule, plan.folders, { ledger: new Ledger() });
  });
  for (const folder of new Set(mail.map((message) => message.folder)))
    await meddle(dovecot, user, folder, ['UID STORE 1:* +FLAGS.SILENT (\\Deleted)', 'EXPUNGE']);
  return {
    account,
    catalog,
    archiveDir,
    database: join(directory, 'a.db'),
    full,
    now: () => snapshot(dovecot, user, { bytes: true }),
    restore: ({ ids, target = null } = {}) =>
      locked(async (work) => {
        const all = (await catalog.archives({ accounts: [account] })).map(({ id }) => id);
        const wanted = await findWanted(catalog, { ids: ids ?? all, query: null }, null);
        return await restore(work, wanted, target);
      }),
  };
}
