import type { LogStream } from '../log/log.ts';
import type { Clock } from '../ports/clock.ts';
import type { Terminal } from './terminal.ts';

/**
 * One call of the program: all that it sees of its process. `main` makes it from the real process;
 * a test makes its own, and can make many calls in one process.
 */
export interface Invocation {
  readonly io: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. Relative paths on the command line start here, and so do commands that print secrets. */
  readonly cwd: string;
  /** The only clock there is: everything below gets it from here. */
  readonly clock: Clock;
  /** Ends the command at its next safe point. Its reason is an `Interrupted`. */
  readonly signal: AbortSignal;
  /** Calls back at each SIGHUP, until it is disposed. */
  readonly onHangup: (listener: () => void) => Disposable;
  /** Takes the log of the daemon; null: stderr itself. */
  readonly logStream: LogStream | null;
}
