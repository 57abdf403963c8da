import { once } from 'node:events';
import { type Readable, Writable } from 'node:stream';
import { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { printable } from '../domain/printable.ts';
import type { LogFields } from '../ports/log.ts';
import { ConfigError, errorMessage, formatProblem, isError, MothballError } from '../errors.ts';

export type Style = Parameters<typeof styleText>[0];

/** Where a command writes: data to stdout, everything else to stderr. */
export interface Terminal {
  /** One line of data. */
  out(line: string): void;
  /** Raw bytes of data. */
  raw(data: Uint8Array): void;
  /** One line for a person. */
  err(line: string): void;
  /** Draws over the current line of stderr; an empty text clears it. */
  redraw(text: string): void;
  /** One event with its fields, where stderr is JSON lines; missing elsewhere. */
  readonly event?: (level: 'info' | 'warn' | 'error', message: string, fields: LogFields) => void;
  /** An error with its remedy, once. */
  problem(error: unknown): void;
  /** Colours text where stdout, or stderr, is a terminal that wants colours (NO_COLOR respected). */
  style(style: Style, text: string, stream?: 'stdout' | 'stderr'): string;
  /** Asks yes or no; false when no one can answer. */
  confirm(question: string): Promise<boolean>;
  /** Asks for a line of text, `hidden` as a password; null when no one can answer. */
  ask(question: string, hidden?: 'hidden'): Promise<string | null>;
  /** All of stdin as text. */
  input(): Promise<string>;
  readonly interactive: boolean;
  readonly stdoutIsTty: boolean;
  readonly stderrIsTty: boolean;
  /** Columns of the terminal on stdout; null: stdout is not a terminal. */
  readonly outColumns: number | null;
  readonly errColumns: number | null;
}

/** The three streams of a process; the flags and the width are those that terminals have. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export function terminal(
  { stdin, stdout, stderr }: Streams,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  // The depth follows from the environment alone; styleText would ask the one of the process.
  const deep = WriteStream.prototype.getColorDepth(env) > 2;
  const colourful = (stream: OutputStream): boolean =>
    deep && (stream.isTTY === true || env['FORCE_COLOR'] !== undefined);
  const stdinIsTty = stdin.isTTY === true;
  const stderrIsTty = stderr.isTTY === true;
  const paint = (style: Style, text: string, stream: 'stdout' | 'stderr' = 'stdout'): string =>
    colourful(stream === 'stdout' ? stdout : stderr)
      ? styleText(style, text, { validateStream: false })
      : text;
  const err = (line: string): void => void stderr.write(`${line}\n`);
  return {
    out: (line) => void stdout.write(`${line}\n`),
    raw: (data) => void stdout.write(data),
    err,
    redraw: (text) => void stderr.write(`\r\u001b[2K${text.slice(0, (stderr.columns || 80) - 1)}`),
    problem: (error) => {
      const label = paint('red', 'error:', 'stderr');
      if (error instanceof ConfigError)
        for (const problem of error.problems) err(printable(formatProblem(problem)));
      else err(`${label} ${printable(errorMessage(error))}`);
      const unexpected = !isError(error) && error instanceof Error;
      if (unexpected && error.stack !== undefined) err(printable(error.stack).replaceAll('\\u{a}', '\n'));
    },
    style: paint,
    confirm: async (question) =>
      stdinIsTty &&
      stderrIsTty &&
      /^y(es)?$/i.test((await asked(stdin, stderr, `${question} [y/N] `)).trim()),
    ask: async (question, hidden) => {
      if (!stdinIsTty || !stderrIsTty) return null;
      if (hidden === undefined) return (await asked(stdin, stderr, question)).trim();
      const silent = new Writable({ write: (_data, _encoding, done) => done() });
      try {
        // The question appears once nothing that is typed is shown any more.
        return await asked(stdin, silent, '', () => void stderr.write(question));
      } finally {
        stderr.write('\n');
      }
    },
    input: async () => {
      let text = '';
      const decoder = new TextDecoder();
      stdin.on('data', (piece: string | Uint8Array) => {
        text += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
      });
      await once(stdin, 'end');
      return text;
    },
    interactive: stdinIsTty && stderrIsTty,
    stdoutIsTty: stdout.isTTY === true,
    stderrIsTty,
    outColumns: stdout.isTTY === true ? (stdout.columns ?? null) : null,
    errColumns: stderrIsTty ? (stderr.columns ?? null) : null,
  };
}

/**
 * The answer to a question. As a terminal, readline shows itself what is typed, so that a silent output
 * hides it; the answer to a stdin that ends is empty.
 */
async function asked(
  input: Streams['stdin'],
  output: Writable,
  question: string,
  ready?: () => void,
): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const prompt = createInterface({ input, output, terminal: input.isTTY === true });
  ready?.();
  const ended = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  const stopped = new Promise<never>((_resolve, reject) =>
    prompt.once('SIGINT', () =>
      reject(new MothballError({ fact: 'stopped', notDone: 'nothing was done' }, { code: 'interrupted' })),
    ),
  );
  try {
    return await Promise.race([prompt.question(question), ended, stopped]);
  } finally {
    prompt.close();
  }
}

/** The same terminal without any colour. */
export function colourless(io: Terminal): Terminal {
  return { ...io, style: (_style, text) => text };
}
