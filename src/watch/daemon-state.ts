import { z } from 'zod';
import { accountKey, type AccountRef } from '../domain/account.ts';
import type { Clock } from '../ports/clock.ts';

const instant = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
const accountKeys = { server: z.string(), account: z.string() };

/** What a daemon reports about itself through the catalog. */
const stateSchema = z.object({
  /** What it is doing now. `scrub` and `expire` are about stores, not accounts. */
  jobs: z.array(
    z.object({
      kind: z.enum(['run', 'scan', 'scrub', 'expire', 'plan', 'restore']),
      server: z.string().nullable(),
      account: z.string().nullable(),
      since: instant,
    }),
  ),
  waiting: z.number(),
  /** Jobs of accounts that are postponed. */
  postponed: z.array(z.object({ ...accountKeys, reason: z.string(), until: instant })),
  /** How the configuration was last loaded; problems as `file:line:column: what`. */
  reload: z.object({ ok: z.boolean(), at: instant, problems: z.array(z.string()) }),
  stopping: z.boolean(),
  /** Does what one of several does for all. */
  leader: z.boolean(),
});

const { jobs, postponed, reload } = stateSchema.shape;

/** Entries of a list that fit. */
function those<S extends z.ZodType>(entry: S): z.ZodType<z.output<S>[]> {
  return z
    .array(z.unknown())
    .catch([])
    .transform((found) =>
      found.flatMap((one) => {
        const parsed = entry.safeParse(one);
        return parsed.success ? [parsed.data] : [];
      }),
    );
}

const unknownReload = { ok: true, at: new Date(0), problems: [] };
const lenientSchema = z.object({
  jobs: those(jobs.element),
  waiting: z.number().catch(0),
  postponed: those(postponed.element),
  reload: reload.catch(unknownReload),
  stopping: z.boolean().catch(false),
  leader: z.boolean().catch(false),
});

export type DaemonState = z.output<typeof stateSchema>;
export type ActiveJob = DaemonState['jobs'][number];
export type Postponed = DaemonState['postponed'][number];

/** The state as JSON. */
export function writeDaemonState(state: DaemonState): string {
  return JSON.stringify(stateSchema.encode(state));
}

/**
 * The state from JSON. A daemon of another version may be at work beside this program: what it says
 * that this one does not know is left out, what it does not say counts as nothing. Null: it can't be read.
 */
export function parseDaemonState(json: string): DaemonState | null {
  try {
    const parsed = lenientSchema.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Postponed accounts that the state lists at most. */
const mostPostponed = 500;

/** Keeps track of what the daemon does, for `status` and the page. */
export class Activity {
  readonly #clock: Clock;
  readonly #jobs = new Set<ActiveJob>();
  readonly #postponed = new Map<string, Postponed>();
  #reload: DaemonState['reload'];
  #stopping = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#reload = { ok: true, at: clock.now(), problems: [] };
  }

  /** A job begins; it ends when the returned value is disposed. */
  begin(kind: ActiveJob['kind'], ref: AccountRef | null): Disposable {
    const { server, account } = ref ?? { server: null, account: null };
    const job: ActiveJob = { kind, server, account, since: this.#clock.now() };
    this.#jobs.add(job);
    return { [Symbol.dispose]: () => void this.#jobs.delete(job) };
  }

  postponed({ server, account }: AccountRef, reason: string, until: Date): void {
    // With many thousands of them the state would be too large for a beat.
    if (this.#postponed.size >= mostPostponed) return;
    this.#postponed.set(accountKey({ server, account }), { server, account, reason, until });
  }

  /** The account is no longer postponed. */
  resumed(ref: AccountRef): void {
    this.#postponed.delete(accountKey(ref));
  }

  reloaded(ok: boolean, problems: readonly string[]): void {
    this.#reload = { ok, at: this.#clock.now(), problems: [...problems] };
  }

  stopping(): void {
    this.#stopping = true;
  }

  state(waiting: number, leader: boolean): DaemonState {
    return {
      jobs: [...this.#jobs],
      waiting,
      postponed: [...this.#postponed.values()],
      reload: this.#reload,
      stopping: this.#stopping,
      leader,
    };
  }
}
