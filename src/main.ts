import process from 'node:process';
import { type ExitCode, exitCodeOf, Interrupted, signalCodes } from './cli/exit-code.ts';
import type { Invocation } from './cli/invocation.ts';
import { terminal } from './cli/terminal.ts';

/** Runs the program with argv, without its own name, and exits. The only place that touches the process. */
export function start(argv: readonly string[]): void {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // The second signal does not wait: the next run settles what is open then.
      if (stop.signal.aborted) process.exit(signalCodes[name]);
      stop.abort(new Interrupted(name));
    });
  }
  void perform(argv, invocation(stop.signal)).then(finish);
}

/** The invocation by the real process. */
function invocation(signal: AbortSignal): Invocation {
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
          // The process is about to end: a late signal must not change its exit code.
          process.on('SIGHUP', () => undefined);
          process.off('SIGHUP', listener);
        },
      };
    },
    logStream: null,
  };
}

async function perform(argv: readonly string[], call: Invocation): Promise<ExitCode> {
  try {
    const { runProgram } = await import('./cli/program.ts');
    return await runProgram(argv, call);
  } catch (error) {
    call.io.problem(error);
    return exitCodeOf(error);
  }
}

/** Waits until a slow pipe has taken everything, then exits even if something still keeps the loop alive. */
function finish(code: ExitCode): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}
