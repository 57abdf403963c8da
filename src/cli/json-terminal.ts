import { ConfigError, errorMessage, formatProblem, isError } from '../errors.ts';
import { jsonLog } from '../log/log.ts';
import type { Log } from '../ports/log.ts';
import type { Terminal } from './terminal.ts';

/** Whether stderr is to be JSON lines, as the daemon's log is: for CronJobs and collectors of logs. */
export function wantsJsonLog(env: Readonly<Record<string, string | undefined>>): boolean {
  return env['MOTHBALL_LOG_FORMAT'] === 'json';
}

/** The same terminal with JSON lines on stderr, one event each; data on stdout is left as it is. */
export function jsonTerminal(io: Terminal): Terminal {
  const log = jsonLog({ level: 'info', stream: { write: (text) => io.err(text.trimEnd()) } });
  return {
    ...io,
    err: (line) => log.info(line),
    redraw: () => undefined,
    problem: (error) => logFault(log, error),
    style: (style, text, stream) => (stream === 'stderr' ? text : io.style(style, text, stream)),
    confirm: async () => false,
    ask: async () => null,
    interactive: false,
    stderrIsTty: false,
    event: (level, message, fields) => log[level](message, fields),
  };
}

/** A fault as lines of the log: each problem of a configuration with its place. */
export function logFault(log: Log, error: unknown): void {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) {
      const { file, line, column, path } = problem;
      log.error(formatProblem(problem), { code: error.code, file, line, column, path });
    }
    return;
  }
  const stack = !isError(error) && error instanceof Error ? { stack: error.stack } : {};
  log.error(errorMessage(error), { code: isError(error) ? error.code : 'unexpected', ...stack });
}
