import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Interrupted } from '../../src/cli/exit-code.ts';
import type { Invocation } from '../../src/cli/invocation.ts';
import { runProgram } from '../../src/cli/program.ts';
import { terminal } from '../../src/cli/terminal.ts';
import type { LogStream } from '../../src/log/log.ts';
import type { Clock } from '../../src/ports/clock.ts';

/** What starts the program: of the checkout, or where `npm test` has built it as it is shipped. */
export const launcher =
  process.env['MOTHBALL_TEST_PROGRAM'] ?? fileURLToPath(new URL('../../src/mothball.js', import.meta.url));

export interface Result {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CallOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the real one. */
  readonly clock?: Clock;
  /** Stdout is a terminal; default: a pipe. */
  readonly onTerminal?: boolean;
  /** Columns of the terminal on stdout; default: unknown. */
  readonly columns?: number;
  /** What a person at a terminal answers, one line each; default: nobody is there. */
  readonly answers?: readonly string[];
  /** What stdin has, where it is a pipe. */
  readonly input?: string;
  /** Called when the command begins, with what stops it as a signal would. */
  readonly onStart?: (stop: (signal: 'SIGINT' | 'SIGTERM') => void) => void;
  /** Where a daemon puts what to do at a SIGHUP; default: nowhere, there is none. */
  readonly onHangup?: Invocation['onHangup'];
  /** Takes the log of a daemon; default: stderr. */
  readonly logStream?: LogStream;
}

export interface ProcessOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another launcher than the checkout's, e.g. of a built package. */
  readonly launcher?: string;
  /** Called with the process as soon as it runs. */
  readonly onStart?: (process: { readonly pid: number; kill(signal: NodeJS.Signals): void }) => void;
}

const realClock: Clock = { now: () => new Date() };

/**
 * Runs the command line as a user would, without a terminal, in the process of the test: what it
 * sees of a process is made here. Where the process is what is tested, use `mothballProcess`.
 */
export async function mothball(args: readonly string[], options: CallOptions): Promise<Result> {
  const env = environment(options);
  const acting = Object.keys(env).find((name) => /^(?:MOTHBALL_FAILPOINT|NODE_)/.test(name));
  assert.equal(acting, undefined, 'it acts on a process, not on a command');
  const person = options.answers !== undefined;
  const columns = options.columns === undefined ? {} : { columns: options.columns };
  const stdout = Object.assign(new Collected(), { isTTY: options.onTerminal === true, ...columns });
  const stderr = Object.assign(new Collected(), { isTTY: person });
  const lines = options.answers?.map((answer) => `${answer}\n`) ?? [];
  const input = person ? lines : options.input === undefined ? [] : [options.input];
  const stdin = Object.assign(Readable.from(input), { isTTY: person });
  const stop = new AbortController();
  options.onStart?.((signal) => stop.abort(new Interrupted(signal)));
  const code = await runProgram(args, {
    io: terminal({ stdin, stdout, stderr }, env),
    env,
    cwd: options.cwd,
    clock: options.clock ?? realClock,
    signal: stop.signal,
    onHangup: options.onHangup ?? (() => ({ [Symbol.dispose]: () => undefined })),
    logStream: options.logStream ?? stderr,
  });
  return { code, signal: null, stdout: stdout.text(), stderr: stderr.text() };
}

/** Runs the command line in a process of its own, started by the launcher. */
export function mothballProcess(args: readonly string[], options: ProcessOptions): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [options.launcher ?? launcher, ...args], {
      cwd: options.cwd,
      env: processEnvironment(options),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (data) => stdout.push(data));
    child.stderr.on('data', (data) => stderr.push(data));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({
        code,
        signal,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
    if (child.pid !== undefined)
      options.onStart?.({ pid: child.pid, kill: (signal) => void child.kill(signal) });
  });
}

/** What a command is given, in this process or in one of its own. */
export function environment({
  cwd,
  env,
}: Pick<CallOptions, 'cwd' | 'env'>): Readonly<Record<string, string>> {
  return { PATH: process.env['PATH'] ?? '', HOME: cwd, NO_COLOR: '1', ...env };
}

/** For a process: what Node compiled for one is there for the next, though each has another home. */
export function processEnvironment(
  options: Pick<CallOptions, 'cwd' | 'env'>,
): Readonly<Record<string, string>> {
  const compiled = process.env['NODE_COMPILE_CACHE'];
  return { ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled }), ...environment(options) };
}

/** Keeps what is written to it. */
class Collected extends Writable {
  readonly #pieces: Buffer[] = [];

  override _write(data: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.#pieces.push(Buffer.from(data));
    done();
  }

  text(): string {
    return Buffer.concat(this.#pieces).toString();
  }
}
