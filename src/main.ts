import process from 'node:process';
import { type ExitCode, exitCodeOf } from './cli/exit-code.ts';
import { terminal } from './cli/terminal.ts';
import { MothballError } from './errors.ts';

/** Signals that end a run at the next safe point, and the exit codes they lead to. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

/** argv without the program → exit. The only place that ends the process. */
export function start(argv: readonly string[]): void {
  const stop = new AbortController();
  let signalled: ExitCode | null = null;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // The second one does not wait: what is open then is settled by the next run.
      if (signalled !== null) process.exit(signals[name]);
      signalled = signals[name];
      stop.abort(
        new MothballError(`stopped by ${name}; what was begun is finished by the next run`, {
          code: 'interrupted',
        }),
      );
    });
  }
  void perform(argv, stop.signal).then((code) => finish(signalled ?? code));
}

async function perform(argv: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const io = terminal(process);
  try {
    const { runProgram } = await import('./cli/program.ts');
    return await runProgram(argv, { io, signal, env: process.env });
  } catch (error) {
    io.problem(error);
    return exitCodeOf(error);
  }
}

/** Waits until a slow pipe has taken everything, then exits whatever still holds the loop open. */
function finish(code: ExitCode): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}
