import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A file system of its own that a test can fill to the last octet. */
export interface SmallDisk {
  readonly path: string;
  /** Leaves no room at all. */
  fill(): void;
  /** Gives the room back. */
  free(): void;
}

const root = process.getuid?.() === 0 ? [] : ['sudo', '-n'];

function asRoot(...command: readonly string[]): void {
  const [program = '', ...args] = [...root, ...command];
  execFileSync(program, args, { stdio: 'pipe' });
}

/** A tmpfs of this size, e.g. `4m`, gone after the test. */
export function smallDisk(context: TestContext, size: string): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'disk-'));
  asRoot('mount', '-t', 'tmpfs', '-o', `size=${size},mode=777`, 'tmpfs', path);
  context.after(() => {
    asRoot('umount', '-l', path);
    rmSync(path, { recursive: true, force: true });
  });
  const ballast = join(path, 'ballast');
  return {
    path,
    fill() {
      const file = openSync(ballast, 'a');
      try {
        for (;;) writeSync(file, Buffer.alloc(4_096));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
  };
}
