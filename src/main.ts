import process from 'node:process';
import { type ExitCode, exitCodeOf, Interrupted, signalCodes } from './cli/exit-code.ts';
import type { Invocation } from './cli/invocation.ts';
import { terminal } from './cli/terminal.ts';

/** argv without the program → exit. The only place that touches the process, and ends it. */
export function start(argv: readonly string[]): void {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // The second one does not wait: what is open then is settled by the next run.
      if (stop.signal.aborted) process.exit(signalCodes[name]);
      stop.abort(new Interrupted(name));
    });
  }
  void perform(argv, surroundings(stop.signal)).then(finish);
}

/** The real ones. */
function surroundings(signal: AbortSignal): Invocation {
  const { env } = process;
  return {
    io: terminal(process, env),
    env,
    cwd: process.cwd(),
    clock: { now: () => new Date() },
    signal,
    onHangup: (listener) => {
      process.on('SIGHUP', listener);
      return {
        [Symbol.dispose]: () => {
          // The process is about to end by itself: a late one must not change its exit code.
          process.on('SIGHUP', () => undefined);
          process.off('SIGHUP', listener);
        },
      };
    },
    logStream: null,
  };
}

/** One call of the program; what it throws is shown. Never throws. */
export async function perform(argv: readonly string[], around: Invocation): Promise<ExitCode> {
  try {
    const { runProgram } = await import('./cli/program.ts');
    return await runProgram(argv, around);
  } catch (error) {
    around.io.problem(error);
    return exitCodeOf(error);
  }
}

/** Waits until a slow pipe has taken everything, then exits whatever still holds the loop open. */
function finish(code: ExitCode): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}
