import type { ErrorCode } from '../errors.ts';
import type { AccountRef } from '../ports/mail.ts';
import type { RunReport } from '../run-report.ts';
import type { ScanResult } from '../scan.ts';
import type { ScrubResult } from '../scrub.ts';
import type { Config } from '../config/config.ts';

/** Who wants to know what the daemon does, e.g. its metrics. Nothing here may throw or wait. */
export interface Observer {
  /** At the start, and after each reload that succeeded. */
  configured(config: Config): void;
  reloaded(ok: boolean): void;
  run(report: RunReport, seconds: number, at: Date): void;
  /** Messages of the account that wait for their purge, by policy. */
  pending(account: AccountRef, messages: ReadonlyMap<string, number>): void;
  scanned(result: ScanResult): void;
  /** All accounts of a server were scanned. */
  serverScanned(server: string, seconds: number, at: Date): void;
  serverUp(server: string, up: boolean): void;
  imapError(server: string, code: ErrorCode): void;
  storeUp(store: string, up: boolean): void;
  scrubbed(result: ScrubResult): void;
  throttled(server: string, seconds: number): void;
  jobs(server: string, running: number): void;
  queue(running: number, waiting: number): void;
}
