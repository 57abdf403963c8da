import { randomUUID } from 'node:crypto';
import { type AccountRef, sameAccount } from '../domain/account.ts';
import { shortId } from '../domain/brands.ts';
import { countOf } from '../domain/count.ts';
import { errorMessage, isError, MothballError } from '../errors.ts';
import type { Log } from '../ports/log.ts';
import type { Progress } from '../ports/progress.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import { requireIdentity } from '../read/open-archive.ts';
import { findWanted } from '../read/wanted.ts';
import { type AccountPart, partsOf } from '../restore/parts.ts';
import type { RestoreReport } from '../restore/restore.ts';
import { restorePart } from '../restore/restore-part.ts';
import type { Activity } from '../watch/daemon-state.ts';
import type { RestoreJob, RestoreJobs, RestoreWish } from '../ports/restore-jobs.ts';
import { lockedError } from '../work/locked-work.ts';
import type { ActiveConfig } from './active-config.ts';

/** Jobs that are remembered, of admins and of owners each, and those of all that may wait or run. */
const mostKept = 50;
const mostOpen = 10;
/** Of these, such as owners of mailboxes began, and of one owner. */
const mostOfOwners = 6;
const mostOfOwner = 2;
/** Problems that a job lists. */
const mostLines = 20;

type Changing = { -readonly [K in keyof RestoreJob]: RestoreJob[K] };

interface RestoreParts {
  readonly active: () => ActiveConfig;
  readonly activity: Activity;
  readonly log: Log;
}

/** Restores that the page asks for, one after another, by the same code as the command. */
export class Restores implements RestoreJobs {
  readonly #parts: RestoreParts;
  readonly #jobs = new Map<string, Changing>();
  /** Of owners, who push no job of an admin off the list. */
  readonly #owned = new Map<string, Changing>();
  #last: Promise<void> = Promise.resolve();

  constructor(parts: RestoreParts) {
    this.#parts = parts;
  }

  start(wish: RestoreWish): string {
    const all = [...this.#jobs.values(), ...this.#owned.values()];
    const open = all.filter(({ state }) => state === 'waiting' || state === 'running');
    if (!hasRoom(open, wish.owner))
      throw new MothballError(
        {
          // How many others restore is nothing for an owner.
          fact:
            wish.owner === null
              ? `${countOf(open.length, 'restore')} wait or run already`
              : 'too many restores wait or run already',
          notDone: 'this one was not started',
          remedy: 'Try again when one of them has ended',
        },
        { code: 'refused' },
      );
    const id = randomUUID();
    const started = this.#parts.active().app.clock.now();
    const messages = { done: 0, total: 0 };
    const job: Changing = {
      id,
      wish,
      started,
      state: 'waiting',
      messages,
      counts: null,
      fault: null,
      lines: [],
    };
    const kept = wish.owner === null ? this.#jobs : this.#owned;
    kept.set(id, job);
    const [oldest] = kept.keys();
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
    const active = this.#parts.active();
    // The configuration is not closed before the job has ended, and a stop waits for it.
    this.#last = this.#last.then(() => active.run(() => this.#run(active, job)));
    return id;
  }

  job(id: string): RestoreJob | null {
    const job = this.#jobs.get(id) ?? this.#owned.get(id);
    return job === undefined ? null : { ...job };
  }

  /** Those that were begun have ended. */
  ended(): Promise<void> {
    return this.#last;
  }

  /** Never throws. */
  async #run(active: ActiveConfig, job: Changing): Promise<void> {
    const { log } = this.#parts;
    const { wish } = job;
    job.state = 'running';
    try {
      const report = await this.#restore(active, job);
      job.lines = linesOf(report);
      job.state = job.lines.length > 1 ? 'partial' : 'done';
      job.counts = countsOf(report);
      log.info(`restored ${nameOf(wish)} from the page: ${job.lines[0] ?? ''}`, { who: wish.who });
    } catch (error) {
      job.state = 'failed';
      job.fault = isError(error) ? error.code : null;
      job.lines = [errorMessage(error)];
      log.warn(`the restore of ${nameOf(wish)} from the page failed: ${errorMessage(error)}`, {
        who: wish.who,
      });
    }
  }

  async #restore(active: ActiveConfig, job: Changing): Promise<RestoreReport> {
    const { app } = active;
    const { catalog, signal } = app;
    if (signal.aborted)
      throw new MothballError(
        { fact: 'the daemon stops or was given another configuration', notDone: 'nothing was restored' },
        { code: 'interrupted' },
      );
    await requireNotPaused(catalog);
    const part = await partFor(active, job.wish);
    using _activity = this.#parts.activity.begin('restore', part.account);
    const gate = active.gate();
    const outcome = await restorePart(
      {
        ...app,
        who: job.wish.who,
        progress: progressOf(job),
        withAccount: (account, work) => app.withAccount(account, work, { gate, progress: progressOf(job) }),
      },
      part,
    );
    if (outcome === 'locked') throw lockedError(part.account, 'nothing was restored');
    return outcome;
  }
}

/** Of all restores that wait or run, some places are left to others than owners. */
function hasRoom(open: readonly RestoreJob[], owner: AccountRef | null): boolean {
  if (owner === null) return open.length < mostOpen;
  const owned = open.flatMap(({ wish }) => wish.owner ?? []);
  return (
    open.length < mostOpen &&
    owned.length < mostOfOwners &&
    owned.filter((one) => sameAccount(one, owner)).length < mostOfOwner
  );
}

function nameOf({ ids: [id = '', ...others] }: RestoreWish): string {
  return others.length === 0 ? id : `${id} and ${others.length} more`;
}

/** Archives or messages of one account, and where they go. */
async function partFor({ app }: ActiveConfig, wish: RestoreWish): Promise<AccountPart> {
  const { ids, owner, account, folder } = wish;
  const wanted = await findWanted(app.catalog, { ids, query: null }, owner === null ? null : [owner]);
  if (owner !== null && wanted.reduce((sum, { lines }) => sum + lines.length, 0) !== new Set(ids).size)
    throw new MothballError(
      {
        fact: `not all of it is mail of ${owner.account} on ${owner.server}`,
        notDone: 'nothing was restored',
      },
      { code: 'refused' },
    );
  requireIdentity(
    wanted.map(({ record }) => record),
    app.gate.decryption,
  );
  const to = account === null ? {} : { toAccount: account.account, toServer: account.server };
  const [part] = partsOf(app, wanted, to);
  if (part === undefined)
    throw new MothballError({ fact: `there is no message ${nameOf(wish)}` }, { code: 'missing' });
  return { ...part, folder };
}

function countsOf({ restored, present, problems, folders }: RestoreReport): RestoreJob['counts'] {
  const left = problems.length + folders.length;
  return { restored: restored.messages, present, left };
}

function progressOf(job: Changing): Progress {
  return {
    begin: (_label, { messages }) => (job.messages = { done: 0, total: messages }),
    advance: (messages) => {
      const { done, total } = job.messages;
      job.messages = { done: Math.min(total, done + messages), total };
    },
    end: () => undefined,
    note: () => undefined,
  };
}

/** What was done, and below it what was not. */
function linesOf({ restored, present, problems, folders, lostFlags }: RestoreReport): readonly string[] {
  const odd = [
    ...problems.map(({ id, outcome, detail }) => `${shortId(id)}${id.slice(64)} ${outcome}: ${detail}`),
    ...folders.map(({ path }) => `folder "${path}" was not filled completely`),
    ...lostFlags.map(({ folder, flag }) => `folder "${folder}": the server does not keep ${flag}`),
  ];
  const rest = odd.length - mostLines;
  return [
    `${countOf(restored.messages, 'message')} restored, ${present} already there`,
    ...odd.slice(0, mostLines),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ];
}
