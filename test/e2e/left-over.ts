import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A directory for TMPDIR that a mail server under another user can enter, so that all it leaves is seen. */
export async function privateTmp(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'e2e-'));
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Processes whose command line or working directory names the path. Waits up to 10 s for them to end. */
export async function processesOf(path: string): Promise<readonly string[]> {
  for (let tries = 0; ; tries++) {
    const found = await running(path);
    if (found.length === 0 || tries === 100) return found;
    await sleep(100);
  }
}

async function running(path: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
    const directory = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (command.includes(path) || directory.startsWith(path)) found.push(`${pid} ${command} in ${directory}`);
  }
  return found;
}
