import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  /** Lines it has printed so far. */
  readonly lines: readonly string[];
  /** Resolves when it has printed this many lines, or ended. */
  printed(count: number): Promise<void>;
  ended(): Promise<void>;
}

/** Runs a program of this directory in a process of its own, killed after the test at the latest. */
export function start(
  context: TestContext,
  program: string,
  args: readonly string[],
  fileBlocks?: number,
): Child {
  const script = fileURLToPath(new URL(program, import.meta.url));
  // `ulimit -f` counts blocks of 512 octets in a POSIX shell.
  const limit = fileBlocks === undefined ? '' : `ulimit -f ${fileBlocks}; `;
  const child = spawn('sh', ['-c', `${limit}exec "$@"`, 'sh', process.execPath, script, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const ended = Promise.all([once(child, 'exit'), once(child.stdout, 'close')]).then(() => {});
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  context.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    process: child,
    lines,
    ended: () => ended,
    async printed(count) {
      while (lines.length < count && child.exitCode === null && child.signalCode === null) await sleep(5);
    },
  };
}
