import type { DeclaredMetrics } from './registry.ts';

/** A way that reports are sent. */
export type ReportChannel = 'mail' | 'webhook';

/** Reports to the admin: when one was last sent, and how often that failed. */
export class ReportBook {
  readonly #metrics: DeclaredMetrics;

  constructor(metrics: DeclaredMetrics) {
    this.#metrics = metrics;
  }

  /** New counters begin at 0. */
  configure(channels: readonly ReportChannel[]): void {
    for (const channel of channels) this.#metrics.add('report_failures_total', { channel }, 0);
  }

  sent(channel: ReportChannel, at: Date): void {
    this.#metrics.set('last_report_success_timestamp_seconds', { channel }, at.getTime() / 1000);
  }

  failed(channel: ReportChannel): void {
    this.#metrics.add('report_failures_total', { channel }, 1);
  }
}
