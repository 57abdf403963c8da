import { configuredSources } from '../compose-sources.ts';
import { latestSlot } from '../domain/schedule-due.ts';
import { errorMessage } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { MakeSchedule } from '../ports/schedule.ts';
import { refreshAccounts, type Refreshed } from '../upkeep/refresh-accounts.ts';
import type { ActiveConfig } from './active-config.ts';

/** How often it is looked whether a source is due, in milliseconds. */
export const lookAtSourcesMs = 20_000;

interface Parts {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly schedule: MakeSchedule;
}

/**
 * Asks account sources when their schedules say so, and once for a source that has no list. A list that
 * changed is a changed file of the configuration, which is loaded again by itself.
 */
export class SourceWatch {
  readonly #parts: Parts;
  /** When each source was last asked by this process. */
  readonly #asked = new Map<string, Date>();
  /** What was last logged of each source. */
  readonly #said = new Map<string, string | null>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Asks those that are due, or at the start only those without a list: the others can wait for a slow source. */
  async look({ config }: ActiveConfig, which: 'due' | 'unread' = 'due'): Promise<void> {
    const { clock, log, signal, schedule } = this.#parts;
    for (const source of configuredSources(config, { clock, signal })) {
      const { name } = source.source;
      const now = clock.now();
      const last = this.#asked.get(name) ?? (await source.lists.read(name).catch(() => null))?.at ?? null;
      if (last !== null && which === 'unread') continue;
      if (last !== null && latestSlot(schedule(source.schedule, 'UTC'), last, now) === null) continue;
      this.#asked.set(name, now);
      try {
        this.#report(await refreshAccounts({ ...source, acceptShrink: false }));
      } catch (error) {
        if (signal.aborted) return;
        log.error(`the list of account source "${name}" was not stored: ${errorMessage(error)}`);
      }
    }
  }

  /** One line for each change of state. */
  #report({ source, accounts, added, removed, refused }: Refreshed): void {
    const { log } = this.#parts;
    const before = this.#said.get(source) ?? null;
    this.#said.set(source, refused);
    if (refused !== null && refused !== before)
      log.warn(`account source "${source}": ${refused}; the last list still counts`);
    if (refused === null && before !== null) log.info(`account source "${source}" can be used again`);
    if (added.length + removed.length > 0)
      log.info(`account source "${source}" lists ${accounts} accounts`, {
        added: added.length,
        removed: removed.length,
      });
  }
}
