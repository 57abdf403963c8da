import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { courierPackages, loginSocket } from './courier-packages.ts';
import { freePort } from './free-port.ts';
import { RawImap } from './raw-imap.ts';
import { libraryPath } from './unpacked.ts';

export interface CourierOptions {
  /** Limit of each user's Maildir, in bytes; null: no quota. */
  readonly quotaBytes?: number | null;
}

export interface Courier {
  readonly dir: string;
  readonly host: '127.0.0.1';
  /** Plain, on 127.0.0.1. */
  readonly port: number;
  /** Maildir of a user who has logged in. */
  maildir(user: string): string;
  stop(): Promise<void>;
}

/** As root, mail belongs to `nobody`: the watcher of locks wants a user with a name. */
const asRoot = process.getuid?.() === 0;
const uid = asRoot ? 65_534 : (process.getuid?.() ?? 0);
const gid = asRoot ? 65_534 : (process.getgid?.() ?? 0);

/** A private Courier IMAP 5.0.13 on loopback. Any user, password `secret`. */
export async function startCourier(options: CourierOptions = {}): Promise<Courier> {
  const root = await courierPackages();
  const dir = await mkdtemp(join(tmpdir(), 'courier-'));
  await chmod(dir, 0o755);
  await mkdir(join(dir, 'home'));
  const maildir = (user: string): string => join(dir, 'home', user, 'Maildir');
  const logins = await answerLogins(dir, maildir, options.quotaBytes ?? null);
  const port = await freePort();
  const bind = ['-address=127.0.0.1', '-nodnslookup', '-noidentlookup', '-maxprocs=100', '-maxperip=100'];
  const serve = [join(root, 'usr/lib/courier/courier/imaplogin'), join(root, 'usr/bin/imapd'), 'Maildir'];
  const child = spawn(join(root, 'usr/sbin/couriertcpd'), [...bind, String(port), ...serve], {
    cwd: dir,
    env: await environment(root, dir),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log: Buffer[] = [];
  child.stderr.on('data', (data: Buffer) => log.push(data));
  const died = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  const kill = (): void => killAll(dir);
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', kill);
    killAll(dir);
    await died;
    await new Promise((resolve) => logins.close(resolve));
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await greeted(port, child);
  } catch (error) {
    await stop();
    throw new Error(`courier did not start: ${String(error)}\n${Buffer.concat(log).toString()}`, {
      cause: error,
    });
  }
  return { dir, host: '127.0.0.1', port, maildir, stop };
}

/** What Debian's /etc/courier/imapd sets, and AUTH=PLAIN. */
async function environment(root: string, dir: string): Promise<NodeJS.ProcessEnv> {
  return {
    PATH: '/usr/bin:/bin',
    LD_LIBRARY_PATH: await libraryPath(root),
    // Also the name of all processes of this server.
    GAM_CLIENT_ID: basename(dir),
    GAMIN_DEBUG_SERVER: join(root, 'usr/libexec/gam_server'),
    IMAP_CAPABILITY:
      'IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE AUTH=PLAIN',
    IMAP_KEYWORDS: '1',
    IMAP_ACL: '1',
    IMAP_IDLE_TIMEOUT: '60',
    IMAP_MAILBOX_SANITY_CHECK: '1',
    IMAP_USELOCKS: '1',
    IMAP_TRASHFOLDERNAME: 'Trash',
    IMAP_EMPTYTRASH: 'Trash:7',
  };
}

/** In place of authdaemond: who logs in gets a Maildir. */
async function answerLogins(
  dir: string,
  maildir: (user: string) => string,
  quotaBytes: number | null,
): Promise<Server> {
  const server = createServer((socket) => {
    let text = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      text += data.toString('latin1');
      // The service, the kind of login, then the name and the password.
      const [, length, request = ''] = /(?:^|\n)AUTH (\d+)\n([^]*)$/.exec(text) ?? [];
      if (length === undefined || request.length < Number(length)) return;
      const [, , user = '', password] = request.split('\n');
      if (password !== 'secret' || !/^\w+$/.test(user)) {
        socket.end('FAIL\n');
        return;
      }
      makeMaildir(maildir(user), quotaBytes);
      const quota = quotaBytes === null ? '' : `QUOTA=${quotaBytes}S\n`;
      const home = join(dir, 'home', user);
      socket.end(`UID=${uid}\nGID=${gid}\nHOME=${home}\nADDRESS=${user}\nMAILDIR=Maildir\n${quota}.\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(join(dir, loginSocket), resolve);
  });
  server.unref();
  return server;
}

function makeMaildir(path: string, quotaBytes: number | null): void {
  if (existsSync(path)) return;
  mkdirSync(path, { recursive: true });
  for (const name of ['cur', 'new', 'tmp']) mkdirSync(join(path, name));
  // As `maildirmake -q` does; without it, QUOTA is answered without numbers.
  if (quotaBytes !== null) writeFileSync(join(path, 'maildirsize'), `${quotaBytes}S\n`);
  for (const name of ['', ...readdirSync(path)]) chownSync(join(path, name), uid, gid);
}

async function greeted(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      const raw = await RawImap.login(port, 'probe');
      raw.close();
      return;
    } catch (error) {
      if (tries === 200 || child.exitCode !== null) throw error;
      await sleep(25);
    }
  }
}

/** The watcher of locks is a daemon of its own, and it and imapd belong to no group of ours. */
function killAll(dir: string): void {
  const mark = `GAM_CLIENT_ID=${basename(dir)}\0`;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(join('/proc', pid, 'environ'), 'latin1').includes(mark))
        process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended, or belongs to someone else.
    }
  }
}
