import { execFile, type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const programs = '/usr/lib/postgresql/15/bin';

export interface PostgresOptions {
  /** Lines of postgresql.conf beside the usual. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Follows this server by streaming replication, until it is promoted. */
  readonly standbyOf?: Postgres;
}

/** A PostgreSQL 15 on a Unix socket in a private directory. */
export interface Postgres {
  /** Directory of the socket; the port only names it. */
  readonly directory: string;
  readonly port: number;
  readonly user: string;
  /** Makes an empty database; returns the value of `database:` for it. */
  database(name: string, template?: string): Promise<string>;
  urlOf(name: string): string;
  /** Runs SQL in a database; returns what psql prints, unaligned. */
  sql(database: string, text: string): Promise<string>;
  /** SIGKILL to the postmaster: connections break as in a crash. */
  kill(): Promise<void>;
  /** SIGINT: connections are ended, data is written. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** A standby takes over. */
  promote(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Root may not run it: the first of these users does. */
async function runner(): Promise<{ readonly uid: number; readonly gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  const passwd = await readFile('/etc/passwd', 'utf8');
  for (const name of ['postgres', 'nobody']) {
    const fields = passwd
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.split(':');
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error('there is no user postgres or nobody to run PostgreSQL as');
}

/** Starts one; dispose of it after the tests. */
export async function startPostgres({ settings = {}, standbyOf }: PostgresOptions = {}): Promise<Postgres> {
  const as = await runner();
  const directory = await mkdtemp(join(tmpdir(), 'mothball-pg-'));
  const data = join(directory, 'data');
  if (as !== null) await chown(directory, as.uid, as.gid);
  await chmod(directory, 0o755);
  const user = 'mothball';
  const port = 5432;
  const own = { cwd: directory, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' }, ...as };
  const tool = async (name: string, args: readonly string[]): Promise<string> =>
    (await run(join(programs, name), [...args], { ...own, maxBuffer: 64 * 1024 * 1024 })).stdout;
  if (standbyOf === undefined)
    await tool('initdb', [
      '-D',
      data,
      '-U',
      user,
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-sync',
      '--no-instructions',
    ]);
  else
    await tool('pg_basebackup', [
      '-D',
      data,
      '-h',
      standbyOf.directory,
      '-p',
      String(port),
      '-U',
      user,
      '-R',
      '-X',
      'stream',
      '-c',
      'fast',
      '--no-sync',
    ]);
  const all: Record<string, string> = {
    listen_addresses: "''",
    unix_socket_directories: `'${directory}'`,
    port: String(port),
    max_connections: '100',
    shared_buffers: "'64MB'",
    max_wal_size: "'256MB'",
    ...settings,
  };
  await writeFile(
    join(data, 'test.conf'),
    Object.entries(all)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join(''),
  );
  const conf = await readFile(join(data, 'postgresql.conf'), 'utf8');
  if (!conf.includes("include 'test.conf'"))
    await writeFile(join(data, 'postgresql.conf'), `${conf}\ninclude 'test.conf'\n`);
  if (as !== null) await chown(join(data, 'test.conf'), as.uid, as.gid);

  let child: ChildProcess | null = null;
  const ended = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    const exit = once(running, 'exit');
    running.kill(signal);
    await exit;
  };
  const start = async (): Promise<void> => {
    const log: string[] = [];
    const started = spawn(join(programs, 'postgres'), ['-D', data], {
      ...own,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    started.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
    for (let waited = 0; waited < 60_000; waited += 100) {
      if (started.exitCode !== null) break;
      const ready = await tool('pg_isready', ['-q', '-h', directory, '-p', String(port)]).then(
        () => true,
        () => false,
      );
      if (ready) return;
      await sleep(100);
    }
    throw new Error(`PostgreSQL did not start: ${log.join('').slice(-2000)}`);
  };
  await start();
  const sql = (database: string, text: string): Promise<string> =>
    tool('psql', [
      '-X',
      '-A',
      '-t',
      '-q',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      directory,
      '-p',
      String(port),
      '-U',
      user,
      '-d',
      database,
      '-c',
      text,
    ]);
  const urlOf = (name: string): string =>
    `postgres://${user}@${encodeURIComponent(directory)}:${port}/${name}`;
  return {
    directory,
    port,
    user,
    urlOf,
    sql,
    start,
    async database(name, template = 'template0') {
      await sql('postgres', `CREATE DATABASE "${name}" TEMPLATE "${template}"`);
      return urlOf(name);
    },
    async kill() {
      await ended('SIGKILL');
      // Its children notice; a new postmaster refuses to start before they are gone.
      await sleep(300);
      await rm(join(data, 'postmaster.pid'), { force: true });
    },
    stop: () => ended('SIGINT'),
    async promote() {
      await tool('pg_ctl', ['promote', '-D', data, '-w']);
    },
    async [Symbol.asyncDispose]() {
      await ended('SIGQUIT');
      await rm(directory, { recursive: true, force: true });
    },
  };
}
