import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import type { Site } from './installation.ts';
import { launcher } from './mothball.ts';

/** One line of the daemon's log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** `mothball daemon` as a process of its own. */
export interface Daemon {
  readonly pid: number;
  readonly lines: readonly LogLine[];
  /** The first line, past or to come, that fits. Fails when the daemon ends before. */
  line(fits: RegExp | ((line: LogLine) => boolean)): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
  /** Exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  /** The body of a page of its web server. */
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
}

export interface DaemonWish {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it, and waits until it has. */
export async function startDaemon(site: Site, wish: DaemonWish = {}): Promise<Daemon> {
  const child = spawn(process.execPath, [launcher, 'daemon', ...(wish.args ?? [])], {
    cwd: site.dir,
    env: { PATH: process.env['PATH'] ?? '', HOME: site.dir, NO_COLOR: '1', ...wish.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: LogLine[] = [];
  const raw: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stderr }).on('line', (text) => {
    raw.push(text);
    if (text.startsWith('{')) lines.push(JSON.parse(text));
    for (const look of waiting) look();
  });
  let over = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      over = true;
      for (const look of waiting) look();
      resolve(code);
    });
  });
  const line: Daemon['line'] = (fits) =>
    new Promise((resolve, reject) => {
      const test = fits instanceof RegExp ? (one: LogLine): boolean => fits.test(one.message) : fits;
      const look = (): void => {
        const found = lines.find(test);
        if (found === undefined && !over) return;
        waiting.delete(look);
        if (found === undefined)
          reject(new Error(`the daemon ended without ${String(fits)}:\n${raw.join('\n')}`));
        else resolve(found);
      };
      waiting.add(look);
      look();
    });
  const kill = (signal: NodeJS.Signals): void => void child.kill(signal);
  await line(/^daemon started$/);
  return {
    pid: child.pid ?? 0,
    lines,
    line,
    kill,
    ended,
    async stop() {
      if (!over) kill('SIGTERM');
      return await ended;
    },
    async get(path) {
      const { port } = await line(/^web server listens$/);
      const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
      return { status: response.status, text: await response.text() };
    },
  };
}

/**
 * As if the daemon had last run so many hours ago: what it knew and did then is so much older. The
 * database is made first, by a daemon that is stopped as soon as it has started.
 */
export async function afterDowntime(site: Site, hours: number): Promise<void> {
  assert.equal(await (await startDaemon(site)).stop(), 143);
  using database = new DatabaseSync(site.database);
  database.exec(`UPDATE schedules SET since = since - ${hours * 3_600_000}`);
}

/** One series of the metrics text; null when it is not there. */
export function series(text: string, name: string): number | null {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
}

/** Looks again and again until it is so. The test's own time limit ends it. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 100));
}
