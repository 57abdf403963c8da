import { spawn } from 'node:child_process';
import { MothballError } from '../errors.ts';
import type { SecretSources } from './secret-sources.ts';

const timeoutMs = 10_000;
const maxOutput = 64 * 1024;

interface CommandOptions {
  /** How long it may take, in milliseconds. */
  readonly limitMs?: number;
  /** A secret that it gets as one line on its standard input; null: none. */
  readonly input?: string | null;
}

/**
 * Runs a command that prints a secret and returns the first line of its output. Its errors hold
 * neither its words nor its output. @throws MothballError `config` when it fails, `timeout` when it
 * does not end within `limitMs` milliseconds.
 */
export async function firstLineOf(
  command: string | readonly string[],
  { env, cwd }: SecretSources,
  { limitMs = timeoutMs, input = null }: CommandOptions = {},
): Promise<string> {
  const [program, ...words] = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
  if (program === undefined) throw failed('is empty', 'Name a program');
  // A group of its own, so that what the command started ends with it.
  const child = spawn(program, words, { env, cwd, stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  // A program that does not read its input may end before it is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input === null ? '' : `${input}\n`);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const pieces: Buffer[] = [];
  let length = 0;
  const end = (): void => {
    if (child.pid !== undefined) endGroup(child.pid);
    child.stdout.destroy();
  };
  const timer = setTimeout(() => {
    end();
    reject(
      new MothballError(
        {
          fact: `the secret command did not end within ${limitMs / 1000} s`,
          remedy: 'Run it by hand to see why',
        },
        {
          code: 'timeout',
          retryable: true,
        },
      ),
    );
  }, limitMs);
  child.stdout.on('data', (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
    if (length <= maxOutput) return;
    end();
    reject(failed(`printed more than ${maxOutput} bytes`, 'It should print the secret alone'));
  });
  child.on('error', (error) => {
    const code = 'code' in error ? String(error.code) : 'unknown error';
    reject(failed(`could not be started (${code})`, "Check the program's name and rights"));
  });
  child.on('close', (status, signal) => {
    if (status === 0) resolve(Buffer.concat(pieces).toString('utf8').split(/\r?\n/, 1)[0] ?? '');
    else reject(failed(`ended with ${signal ?? `exit code ${status}`}`, 'Run it by hand to see why'));
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Everything in the group has ended already.
  }
}

function failed(what: string, remedy: string): MothballError {
  return new MothballError({ fact: `the secret command ${what}`, remedy }, { code: 'config' });
}
