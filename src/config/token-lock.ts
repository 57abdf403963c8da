import { open, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const pauseMs = 100;

/**
 * Lock files that this process holds or waits for. A POSIX lock is dropped when the process closes any
 * descriptor of the file (fcntl(2)), so within the process they queue here.
 */
const queues = new Map<string, Promise<unknown>>();

/**
 * Runs the body while no other process, and nothing else here, has the lock on this file: the daemon
 * and a command may refresh the same token, and a provider may revoke it when it is used twice. The
 * lock is the kernel's, by an SQLite `BEGIN EXCLUSIVE` on a file beside it: SIGKILL frees it. Where no
 * lock file can be made, nothing can be rotated either, and the body runs without. Null: another
 * process kept the lock for `limitMs` milliseconds.
 */
export async function locked<T>(path: string, limitMs: number, body: () => Promise<T>): Promise<T | null> {
  const place = await lockPlace(path);
  const before = queues.get(place) ?? Promise.resolve();
  const turn = before.then(() => alone(place, limitMs, body));
  const settled = turn.catch(() => undefined);
  queues.set(place, settled);
  try {
    return await turn;
  } finally {
    if (queues.get(place) === settled) queues.delete(place);
  }
}

async function lockPlace(path: string): Promise<string> {
  const directory = await realpath(dirname(path)).catch(() => dirname(path));
  return join(directory, `.${basename(path)}.lock`);
}

async function alone<T>(place: string, limitMs: number, body: () => Promise<T>): Promise<T | null> {
  const made = await open(place, 'wx', 0o600).then(
    (file) => file.close(),
    (error: unknown) => codeOf(error),
  );
  if (typeof made === 'string' && made !== 'EEXIST') return body();
  using database = new DatabaseSync(place, { timeout: 0 });
  const end = performance.now() + limitMs;
  while (!taken(database)) {
    if (performance.now() >= end) return null;
    await sleep(pauseMs);
  }
  return await body();
}

function taken(database: DatabaseSync): boolean {
  try {
    // In memory, since nothing is ever written: no journal file that SIGKILL would leave behind.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
    // SQLITE_BUSY, SQLITE_LOCKED.
    if (code === 5 || code === 6) return false;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
