import { accountKey, type AccountRef } from '../domain/account.ts';
import { doneNames } from '../watch/done-names.ts';
import type { ScheduledTask } from './active-config.ts';
import type { QuotaRound } from '../upkeep/listed-quotas.ts';
import type { JobContext } from './job-context.ts';
import { probeStores, scanJob, ScanRound } from './scan-job.ts';

/** Jobs on stores use no server's connections; they run one after another. */
export const noServer = '';

/** What rounds over many accounts need. */
export interface RoundParts {
  /** Puts a job on the queue. */
  readonly add: (key: string, server: string, job: (context: JobContext) => Promise<void>) => unknown;
  readonly context: () => JobContext;
}

/** Rounds in which the quota of accounts is read. */
export class Scans {
  readonly #parts: RoundParts;
  /** Accounts whose next scan reads folder sizes too. */
  readonly #wantFolders = new Set<string>();
  /** Accounts whose next scan logs in, as what is known of them is older than what they did. */
  readonly #wantLogin = new Set<string>();
  readonly #rounds = new Set<ScanRound>();

  constructor(parts: RoundParts) {
    this.#parts = parts;
  }

  /** Reads the quota of these accounts, and their folders where wanted. */
  round(accounts: readonly AccountRef[], folders: boolean): void {
    this.#parts.add('stores', noServer, probeStores);
    for (const [server, refs] of Map.groupBy(accounts, (account) => account.server)) {
      const { clock } = this.#parts.context().active.app;
      const started = clock.now();
      const round = new ScanRound(refs.map(accountKey), () => {
        this.#rounds.delete(round);
        const at = clock.now();
        this.#parts.context().metrics.recordScan(server, (at.getTime() - started.getTime()) / 1000, at);
        this.#parts.add(`scanned ${server}`, noServer, async ({ active: { app } }) =>
          app.catalog.setDone(doneNames.scan(server), at),
        );
        const { app, config } = this.#parts.context().active;
        const failed = refs.filter((ref) => this.#parts.context().metrics.isUnread(ref)).length;
        this.#parts
          .context()
          .pings.scanned(config.onRun, { server, accounts: refs.length, failed }, app.signal);
      });
      this.#rounds.add(round);
    }
    if (folders) this.#awaitFolders(accounts);
    // Folders are read by logging in, and the quota with them.
    const quotas = folders ? null : this.#parts.context().active.app.listedQuotas.begin(accounts);
    for (const ref of accounts) this.#add(ref, folders, quotas);
  }

  /** Reads what was not read since the schedule last fired, as while no daemon was running. */
  async missed(entry: ScheduledTask): Promise<void> {
    const { active, due } = this.#parts.context();
    // An account that could not be read is tried again: perhaps its password has been corrected.
    const read = (await active.app.catalog.scans()).filter(({ error }) => error === null);
    const scans = new Map(read.map((scan) => [accountKey(scan), scan.at]));
    const unread = active.config.accounts.filter((account) => {
      const last = scans.get(accountKey(account));
      return last === undefined || due.isDue(entry, last);
    });
    if (unread.length > 0) this.round(unread, false);
  }

  /** Done when the folders of each were read, or could not be: a daemon that ends before that begins again. */
  #awaitFolders(accounts: readonly AccountRef[]): void {
    const finished = (): void => {
      this.#rounds.delete(round);
      this.#parts.add('folders done', noServer, async ({ active: { app } }) =>
        app.catalog.setDone('scan folders', app.clock.now()),
      );
    };
    const round = new ScanRound(accounts.map(accountKey), finished, true);
    if (accounts.length === 0) finished();
    else this.#rounds.add(round);
  }

  /** Reads one account now, by logging in. */
  one(ref: AccountRef): void {
    this.#wantLogin.add(accountKey(ref));
    this.#add(ref, false, null);
  }

  #add({ server, account }: AccountRef, folders: boolean, quotas: QuotaRound | null): void {
    const ref = { server, account };
    const key = accountKey(ref);
    if (folders) this.#wantFolders.add(key);
    this.#parts.add(`scan ${key}`, server, async (context) => {
      const read = this.#wantFolders.delete(key);
      const login = this.#wantLogin.delete(key) || read;
      if (context.active.has(ref))
        await scanJob(context, ref, { folders: read, quotas: login ? null : quotas });
      // A job that was stopped may not have reached the folders.
      const whole = read && !context.active.app.signal.aborted;
      for (const round of this.#rounds) round.done(key, whole);
    });
  }
}
