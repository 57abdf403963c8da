import type { OnRun, Policy } from '../domain/policy.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { RunReport } from '../work/report.ts';
import { type Ping, sendPing } from './ping.ts';
import { RunTally } from './run-tally.ts';

/** The daemon's pings: one for each policy when all of its runs have ended, one for each scan of a server. */
export class Pings {
  readonly #tally = new RunTally();
  readonly #sending = new Set<Promise<void>>();
  readonly #clock: Clock;
  readonly #log: Log;
  /** Runs that wait or are under way. */
  #runs = 0;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  runAdded(): void {
    this.#runs += 1;
  }

  add(policies: readonly Pick<Policy, 'name' | 'onRun'>[], report: RunReport): void {
    this.#tally.add(policies, report);
  }

  runEnded(signal: AbortSignal): void {
    this.#runs -= 1;
    if (this.#runs > 0) return;
    for (const ping of this.#tally.take(this.#clock.now())) this.#send(ping, signal);
  }

  scanned(
    onRun: OnRun | null,
    found: { readonly server: string; readonly accounts: number; readonly failed: number },
    signal: AbortSignal,
  ): void {
    if (onRun === null) return;
    const body = { job: 'scan', ...found, at: this.#clock.now().toISOString() };
    this.#send({ onRun, result: found.failed === 0 ? 'success' : 'failure', body }, signal);
  }

  /** Those under way have ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#sending);
  }

  #send(ping: Ping, signal: AbortSignal): void {
    const sent = sendPing(ping, { log: this.#log, signal }).finally(() => this.#sending.delete(sent));
    this.#sending.add(sent);
  }
}
