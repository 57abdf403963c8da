import { spawn } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { terminal } from '../../src/cli/terminal.ts';
import { perform } from '../../src/main.ts';

const checkout = fileURLToPath(new URL('../../src/mothball.js', import.meta.url));

export interface Result {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another launcher than the checkout's, e.g. of a built package. */
  readonly launcher?: string;
  /** Called with the process as soon as it runs. */
  readonly onStart?: (process: { readonly pid: number; kill(signal: NodeJS.Signals): void }) => void;
  /** What is tested is the process itself: its exit, its pipes, its flags. */
  readonly ownProcess?: boolean;
}

/** Variables that act on the process and not on the command. */
const processVariables = ['MOTHBALL_FAILPOINT', 'MOTHBALL_FAILPOINT_LOG', 'NODE_OPTIONS'];

/**
 * Runs the command line as a user would, without a terminal: in this process, with streams,
 * environment and directory of its own, unless something of a process is asked for.
 */
export function mothball(args: readonly string[], options: RunOptions): Promise<Result> {
  const { launcher, onStart, ownProcess, env = {} } = options;
  const needsProcess =
    ownProcess === true ||
    launcher !== undefined ||
    onStart !== undefined ||
    processVariables.some((name) => env[name] !== undefined);
  return needsProcess ? mothballProcess(args, options) : mothballHere(args, options);
}

/** The command in this process. */
async function mothballHere(args: readonly string[], options: RunOptions): Promise<Result> {
  const stdout = new Collected();
  const stderr = new Collected();
  const env = environment(options);
  const code = await perform(args, {
    io: terminal({ stdin: Readable.from([]), stdout, stderr }, env),
    env,
    cwd: options.cwd,
    clock: { now: () => new Date() },
    signal: new AbortController().signal,
    onHangup: () => ({ [Symbol.dispose]: () => undefined }),
    logStream: { write: (line: string) => void stderr.write(line) },
  });
  return { code, signal: null, stdout: stdout.text(), stderr: stderr.text() };
}

/** The command in a process of its own, through the launcher. */
export function mothballProcess(args: readonly string[], options: RunOptions): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [options.launcher ?? checkout, ...args], {
      cwd: options.cwd,
      env: environment(options),
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

function environment({ cwd, env }: RunOptions): Readonly<Record<string, string>> {
  return { PATH: process.env['PATH'] ?? '', HOME: cwd, NO_COLOR: '1', ...env };
}

/** A stream that keeps what is written to it. */
class Collected extends Writable {
  readonly #pieces: Buffer[] = [];

  override _write(data: Buffer | string, _encoding: string, done: () => void): void {
    this.#pieces.push(Buffer.from(data));
    done();
  }

  text(): string {
    return Buffer.concat(this.#pieces).toString();
  }
}
