import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import type { Site } from './installation.ts';
import { type CallOptions, launcher, mothball, processEnvironment } from './mothball.ts';

/** One line of the daemon's log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** `mothball daemon`, started. */
export interface Daemon {
  readonly lines: readonly LogLine[];
  /** The first line, past or to come, that fits. Fails when the daemon ends before. */
  line(fits: RegExp | ((line: LogLine) => boolean)): Promise<LogLine>;
  /** Exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  /** SIGHUP: the configuration is loaded again. */
  hangUp(): void;
  /** The body of a page of its web server. */
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
}

export interface DaemonProcess extends Daemon {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
}

export interface DaemonProcessWish {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it in the process of the test, and waits until it has started. */
export async function startDaemon(site: Site, wish: Partial<CallOptions> = {}): Promise<Daemon> {
  const log = new DaemonLog();
  let stop = (_signal: 'SIGTERM'): void => undefined;
  let hangUp = (): void => undefined;
  const ended = mothball(['daemon'], {
    ...wish,
    cwd: site.dir,
    onStart: (stopIt) => {
      stop = stopIt;
    },
    onHangup: (listener) => {
      hangUp = listener;
      return {
        [Symbol.dispose]: () => {
          hangUp = () => undefined;
        },
      };
    },
    logStream: { write: (text) => log.add(text.trimEnd()) },
  }).then(({ code, stderr }) => {
    for (const text of stderr.split('\n')) log.add(text);
    log.end();
    return code;
  });
  return await started(log, ended, { stop: () => stop('SIGTERM'), hangUp: () => hangUp() });
}

/** Starts it in a process of its own, and waits until it has started. */
export async function startDaemonProcess(site: Site, wish: DaemonProcessWish = {}): Promise<DaemonProcess> {
  const child = spawn(process.execPath, [launcher, 'daemon', ...(wish.args ?? [])], {
    cwd: site.dir,
    env: processEnvironment({ cwd: site.dir, ...wish }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log = new DaemonLog();
  createInterface({ input: child.stderr }).on('line', (text) => log.add(text));
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      log.end();
      resolve(code);
    });
  });
  const kill = (signal: NodeJS.Signals): void => void child.kill(signal);
  const daemon = await started(log, ended, { stop: () => kill('SIGTERM'), hangUp: () => kill('SIGHUP') });
  return { ...daemon, pid: child.pid ?? 0, kill };
}

async function started(
  log: DaemonLog,
  ended: Promise<number | null>,
  { stop, hangUp }: { readonly stop: () => void; readonly hangUp: () => void },
): Promise<Daemon> {
  await log.line(/^daemon started$/);
  return {
    lines: log.lines,
    line: (fits) => log.line(fits),
    ended,
    hangUp,
    async stop() {
      if (!log.over) stop();
      return await ended;
    },
    async get(path) {
      const { port } = await log.line(/^web server listens$/);
      const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
      return { status: response.status, text: await response.text() };
    },
  };
}

/** What a daemon printed, and who waits for a line of it. */
class DaemonLog {
  readonly lines: LogLine[] = [];
  over = false;
  readonly #raw: string[] = [];
  readonly #waiting = new Set<() => void>();

  add(text: string): void {
    this.#raw.push(text);
    if (text.startsWith('{')) this.lines.push(JSON.parse(text));
    this.#look();
  }

  end(): void {
    this.over = true;
    this.#look();
  }

  line(fits: RegExp | ((line: LogLine) => boolean)): Promise<LogLine> {
    const test = fits instanceof RegExp ? (one: LogLine): boolean => fits.test(one.message) : fits;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.lines.find(test);
        if (found === undefined && !this.over) return;
        this.#waiting.delete(look);
        if (found === undefined)
          reject(new Error(`the daemon ended without ${String(fits)}:\n${this.#raw.join('\n')}`));
        else resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
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
