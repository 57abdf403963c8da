import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Site } from '../integration/installation.ts';
import { launcher, type Result } from '../integration/mothball.ts';

export interface Traced extends Result {
  /** What strace wrote: one line for each system call that was looked at. */
  readonly trace: readonly string[];
}

/**
 * Runs the command line under strace, which lets system calls fail on purpose, e.g.
 * `-P PATH -e inject=fsync:error=EIO:when=1` (strace(1); `when` counts for each thread, so there is
 * only one that does file work).
 */
export async function traced(
  site: Site,
  rules: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Traced> {
  const log = join(site.dir, `strace-${Date.now()}.log`);
  // Much faster, but it loses signals that are to be injected.
  const fast = rules.some((rule) => rule.includes('signal=')) ? [] : ['--seccomp-bpf'];
  const result = await new Promise<Result>((resolve, reject) => {
    const child = spawn(
      'strace',
      ['-f', ...fast, '-qq', '-y', '-o', log, ...rules, process.execPath, launcher, ...args],
      {
        cwd: site.dir,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: site.dir,
          NO_COLOR: '1',
          UV_THREADPOOL_SIZE: '1',
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += String(data)));
    child.stderr.on('data', (data) => (stderr += String(data)));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { ...result, trace: (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '') };
}
