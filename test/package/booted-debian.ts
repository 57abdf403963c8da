import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', DEBIAN_FRONTEND: 'noninteractive' };

/** A minimal Debian that was booted, with its own systemd, in a container that shares the network of this machine. */
export interface BootedDebian extends AsyncDisposable {
  /** Runs a line of shell as root, in /root. Returns its output. */
  shell(line: string): Promise<string>;
}

/** Boots an empty Debian 12 that has these files in /root. */
export async function bootDebian(files: readonly string[]): Promise<BootedDebian> {
  await using made = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'mothball-debian-'));
  made.defer(() => rm(directory, { recursive: true, force: true }));
  const root = join(directory, 'root');
  await run('mmdebstrap', ['--quiet', '--variant=apt', '--include=systemd-sysv,dbus', 'bookworm', root]);
  for (const file of files) await copyFile(file, join(root, 'root', basename(file)));
  const settings = ['--register=no', '--keep-unit', '--resolv-conf=copy-host', '--timezone=off'];
  const container = spawn('systemd-nspawn', [...settings, '--quiet', '--boot', '-D', root], {
    // It would take over the old hierarchies of this machine's cgroups, which it may not.
    env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  for (const stream of [container.stdout, container.stderr])
    stream.on('data', (data: Buffer) => said.push(data));
  made.defer(() => stop(container));
  const leader = await booted(container, () => Buffer.concat(said).toString());
  const running = made.move();
  return {
    shell: (line) => enter(leader, ['sh', '-c', `cd /root && ${line}`]),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function enter(leader: number, command: readonly string[]): Promise<string> {
  return (await run('nsenter', ['-t', String(leader), '-a', ...command], { env })).stdout;
}

/** The first process of the container, once everything is started there. */
async function booted(container: ChildProcess, said: () => string): Promise<number> {
  const { pid } = container;
  for (let tries = 0; tries < 240; tries += 1) {
    if (container.exitCode !== null) break;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    const leader = Number(children.trim().split(' ')[0]);
    const state = await enter(leader, ['systemctl', 'is-system-running']).catch(() => '');
    if (state.trim() === 'running') return leader;
    await sleep(500);
  }
  throw new Error(`Debian did not start in a container: ${said()}`);
}

async function stop(container: ChildProcess): Promise<void> {
  if (container.exitCode !== null || container.signalCode !== null) return;
  const ended = once(container, 'close');
  // As the power button: an orderly shutdown.
  container.kill('SIGTERM');
  const late = setTimeout(() => container.kill('SIGKILL'), 30_000);
  await ended;
  clearTimeout(late);
}
