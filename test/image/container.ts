import { spawn } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface Image {
  /** The root filesystem. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** The numeric user and group that the image names. */
  readonly uid: number;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  /** What it has written so far, on both streams. */
  output(): string;
  /** Sends a signal to process 1 of the container. */
  kill(signal: NodeJS.Signals): void;
}

const root = process.getuid?.() === 0;

/** The image's own user; without root nobody can become another one, so it is ours. */
export const userOf = (image: Image): number => (root ? image.uid : (process.getuid?.() ?? image.uid));

/** A directory that the container's user owns, to be mounted. */
export async function makeVolume(image: Image, path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o700);
  if (root) await chown(path, userOf(image), userOf(image));
  return path;
}

/**
 * Runs a command as a container engine would: it is process 1, as the image's user, its root
 * filesystem is the image and read-only, only the volumes (path in the container → directory) can
 * be written. It shares the network. Needs root or sudo for the mounts.
 */
export function start(
  image: Image,
  command: readonly string[],
  volumes: Readonly<Record<string, string>>,
): Running {
  const mounts = Object.entries(volumes).map(([to, from]) => `mount --bind '${from}' "$ROOT${to}"`);
  const environment = Object.entries(image.env).map(([name, value]) => `'${name}=${value}'`);
  const user = userOf(image);
  const script = [
    'set -e',
    `ROOT='${image.root}'`,
    'mount --bind "$ROOT" "$ROOT"',
    'mount -t proc proc "$ROOT/proc"',
    ...mounts,
    'mount -o remount,bind,ro "$ROOT"',
    `exec env -i ${environment.join(' ')} "$(command -v unshare)" --root="$ROOT" --wd=/data --setgid=${user} --setuid=${user} "$@"`,
  ].join('\n');
  const words = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', script, 'sh', ...command];
  const child = spawn(root ? 'unshare' : 'sudo', [...(root ? [] : ['-n', 'unshare']), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (data) => stdout.push(data));
  child.stderr.on('data', (data) => stderr.push(data));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
  });
  return {
    ended,
    output: () => Buffer.concat([...stdout, ...stderr]).toString(),
    kill: (signal) => process.kill(lastChild(child.pid ?? 0), signal),
  };
}

/** Mount points must be there before the root becomes read-only. */
export async function makeMountPoints(image: Image, paths: readonly string[]): Promise<void> {
  for (const path of paths) await mkdir(join(image.root, path), { recursive: true });
}

/** Bytes of all files, without what is mounted. */
export function sizeOf({ root: from }: Image): number {
  return globSync('**', { cwd: from, withFileTypes: true })
    .filter((found) => found.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

/** The process at the end of the chain sudo → unshare → process 1. */
function lastChild(pid: number): number {
  const [next] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return next === undefined || next === '' ? pid : lastChild(Number(next));
}
