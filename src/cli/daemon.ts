import { loadConfig } from '../config/load.ts';
import { runDaemon } from '../daemon/daemon.ts';
import type { DaemonOptions } from '../daemon/open.ts';
import { MothballError } from '../errors.ts';
import { jsonLog } from '../log/log.ts';
import type { Log } from '../ports/log.ts';
import { type CommonOptions, configPath, type Context } from './context.ts';
import { exit, type ExitCode, exitCodeOf } from './exit-code.ts';
import { logFault } from './json-terminal.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof levels)[number];

/** Runs until a signal; `main` turns that into the exit code. */
export async function daemonCommand(
  context: Context,
  _args: readonly string[],
  options: CommonOptions & { readonly grace?: string },
): Promise<ExitCode> {
  const { env, signal, clock, onHangup, logStream } = context;
  const forced = levelOf(env['MOTHBALL_LOG']);
  const graceMs = graceOf(options.grace);
  const path = configPath(context);
  const log = jsonLog({ level: forced ?? 'info', stream: logStream });
  // A fault of the start is a line of the log like any other: programs read it.
  const fault = await logged(log, {
    load: async () => {
      const config = await loadConfig(path, context, 'per account');
      log.setLevel(forced ?? config.log.level);
      return config;
    },
    log,
    signal,
    clock,
    onHangup,
    graceMs,
  });
  return fault === null ? exit.ok : exitCodeOf(fault);
}

async function logged(log: Log, options: DaemonOptions): Promise<unknown> {
  try {
    return await runDaemon(options);
  } catch (error) {
    logFault(log, error);
    return error;
  }
}

function levelOf(text: string | undefined): Level | null {
  if (text === undefined || text === '') return null;
  const level = levels.find((candidate) => candidate === text);
  if (level !== undefined) return level;
  throw new MothballError(
    { fact: `MOTHBALL_LOG must be one of ${levels.join(', ')}, not "${text}"` },
    { code: 'usage' },
  );
}

function graceOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, digits, unit] = /^(\d{1,5})(s|min)$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits) * (unit === 's' ? 1000 : 60_000);
  throw new MothballError(
    { fact: `--grace takes a time like 25s or 2min, not "${text}"` },
    { code: 'usage' },
  );
}
