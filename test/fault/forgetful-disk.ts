import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const preload = fileURLToPath(new URL('forgetful-preload.ts', import.meta.url));

interface Entry {
  readonly name: string;
  readonly inode: string;
  readonly directory: boolean;
}

/** A directory whose processes write to a disk that keeps only what was synced. */
export interface ForgetfulDisk {
  /** The environment of a process on this disk; it may die right before its n-th fsync. */
  env(killAt?: number): Readonly<Record<string, string>>;
  /** What was synced, in order: paths below the root; of all processes so far. */
  syncs(): readonly string[];
  /** Leaves of these entries of the root only what was synced. Other entries stay as they are. */
  powerLoss(...entries: readonly string[]): void;
}

export function forgetfulDisk(t: TestContext, root: string): ForgetfulDisk {
  const shadow = mkdtempSync(join(tmpdir(), 'shadow-'));
  t.after(() => rmSync(shadow, { recursive: true, force: true }));
  return {
    env: (killAt = 0) => ({
      NODE_OPTIONS: `--import=${preload}`,
      DISK_ROOT: root,
      DISK_SHADOW: shadow,
      DISK_KILL_AT: String(killAt),
    }),
    syncs() {
      const log = join(shadow, 'log');
      if (!existsSync(log)) return [];
      return readFileSync(log, 'utf8')
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [line.replace(/^\d+ /, '')]));
    },
    powerLoss(...entries) {
      const kept = mkdtempSync(join(tmpdir(), 'kept-'));
      try {
        const synced = entriesOf(shadow, inodeOf(root)).filter(({ name }) => entries.includes(name));
        rebuild(shadow, synced, kept);
        for (const name of entries) {
          rmSync(join(root, name), { recursive: true, force: true });
          if (existsSync(join(kept, name)))
            cpSync(join(kept, name), join(root, name), { recursive: true, preserveTimestamps: true });
        }
      } finally {
        rmSync(kept, { recursive: true, force: true });
      }
    },
  };
}

function inodeOf(path: string): string {
  const { ino, birthtimeNs } = lstatSync(path, { bigint: true });
  return `${ino}-${birthtimeNs}`;
}

/** The names in a directory as of its last fsync; none when it never had one. */
function entriesOf(shadow: string, inode: string): readonly Entry[] {
  const path = join(shadow, inode);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
}

function rebuild(shadow: string, entries: readonly Entry[], to: string): void {
  for (const { name, inode, directory } of entries) {
    const path = join(to, name);
    const copy = join(shadow, inode);
    if (directory) {
      mkdirSync(path, { mode: 0o700 });
      rebuild(shadow, entriesOf(shadow, inode), path);
      // A name that was synced before its content is an empty file.
    } else writeFileSync(path, existsSync(copy) ? readFileSync(copy) : '', { mode: 0o600 });
  }
}
