/**
 * `log/`: the structured log of the daemon, JSON lines on stderr, without secrets and safe to read on
 * a terminal. May import `ports` and `domain`; pino is known here only.
 */
import { pino, type DestinationStream as LogStream, type Level } from 'pino';
import { printable } from '../domain/printable.ts';
import type { Log, LogFields } from '../ports/log.ts';

/** Keys whose values never reach a log, at any level of a line's fields. */
const secretKeys = ['password', 'pass', 'token', 'mailToken', 'secret', 'authorization', 'accessToken'];

export type { LogStream };

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Default: stderr. */
  readonly stream?: LogStream | null;
}

/** Also lets the level be changed when the configuration is reloaded. */
export interface LevelledLog extends Log {
  setLevel(level: Level): void;
}

/**
 * JSON lines on stderr, one event each, written before the call returns: a line about a crash must
 * not be lost with it. JSON escapes line breaks; other control characters and marks that turn the
 * direction of text are escaped here, since logs are read on terminals.
 */
export function jsonLog({ level, stream }: LogOptions): LevelledLog {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`]), censor: '[secret]' },
    },
    stream ?? pino.destination({ fd: 2, sync: true }),
  );
  const write =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}): void =>
      logger[name](escaped(fields), printable(message));
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    setLevel: (next) => {
      logger.level = next;
    },
  };
}

function escaped(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === 'string' ? printable(value) : value]),
  );
}
