import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface MariaDb {
  /** Path of its socket; user `mothball` with password `secret` may read database `mail`. */
  readonly socket: string;
  /** Runs statements as the administrator. */
  sql(text: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** MariaDB on a Unix socket in a private directory. */
export async function startMariaDb(): Promise<MariaDb> {
  const directory = await mkdtemp(join(tmpdir(), 'maria-'));
  const [data, socket] = [join(directory, 'data'), join(directory, 's')];
  const { username } = userInfo();
  const common = ['--no-defaults', `--datadir=${data}`, `--user=${username}`];
  await run('mariadb-install-db', [...common, '--auth-root-authentication-method=normal', '--skip-test-db']);
  const child = spawn(
    '/usr/sbin/mariadbd',
    [...common, `--socket=${socket}`, '--skip-networking', `--tmpdir=${directory}`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let log = '';
  child.stderr.on('data', (data_) => (log += String(data_)));
  const sql = async (text: string): Promise<void> => {
    const client = run('mariadb', ['--no-defaults', `--socket=${socket}`, '--user=root'], {
      timeout: 30_000,
    });
    client.child.stdin?.end(text);
    await client;
  };
  await answers(
    child,
    () => sql('SELECT 1'),
    () => log,
  );
  await sql(
    "CREATE DATABASE mail; CREATE USER mothball@localhost IDENTIFIED BY 'secret'; GRANT ALL ON mail.* TO mothball@localhost;",
  );
  return {
    socket,
    sql,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Waits until a server of this process answers. */
export async function answers(
  child: ChildProcess,
  ask: () => Promise<unknown>,
  log: () => string,
): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    if (
      await ask().then(
        () => true,
        () => false,
      )
    )
      return;
    if (child.exitCode !== null || tries === 200)
      throw new Error(`it does not answer: ${log().slice(-2_000)}`);
    await sleep(100);
  }
}
