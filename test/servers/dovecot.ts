import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dovecotConfig } from './dovecot-config.ts';
import { freePort } from './free-port.ts';

export interface DovecotOptions {
  /** Storage limit in octets; null: the quota root has no limit. Default 2 GiB. */
  readonly quotaBytes?: number | null;
  /** More quota rules, e.g. `*:messages=10` or `Trash:ignore`. */
  readonly quotaRules?: readonly string[];
  /** More mail plugins of protocol imap. */
  readonly plugins?: readonly string[];
  /** The only users, each with fields of its userdb entry, like `quota_rule=*:bytes=1000`. Default: any user. */
  readonly userFields?: Readonly<Record<string, readonly string[]>>;
  /** Lines put at the end of dovecot.conf. */
  readonly extraConfig?: string;
  /** Serve the mail of another instance (to hide capabilities over the same mail). */
  readonly shareMailOf?: Dovecot;
  /** imap_capability: replaces the advertised capabilities after login. */
  readonly capability?: string;
  /** Expunged mail moves to the folder EXPUNGED, so that it frees no quota. */
  readonly lazyExpunge?: boolean;
}

export interface Dovecot {
  readonly dir: string;
  readonly host: '127.0.0.1';
  /** Plain, STARTTLS offered. */
  readonly port: number;
  /** Implicit TLS. */
  readonly tlsPort: number;
  /** PEM that signs the server's certificate (localhost, 127.0.0.1). */
  readonly caFile: string;
  /** Maildirs by user name. */
  readonly mailDir: string;
  stop(): Promise<void>;
  doveadm(args: readonly string[]): string;
}

const sbin = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` };

/**
 * A private Dovecot 2.3 on loopback. Any user, password `secret`; master user `admin`, password
 * `master`, separator `*`. Runs as root or as a normal user, and dies with this process.
 */
export async function startDovecot(options: DovecotOptions = {}): Promise<Dovecot> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(options);
    } catch (error) {
      // Another process may have taken the port in between.
      if (attempt === 3 || !String(error).includes('in use')) throw error;
    }
  }
}

async function launch(options: DovecotOptions): Promise<Dovecot> {
  const dir = await mkdtemp(join(tmpdir(), 'dovecot-'));
  const mailDir = options.shareMailOf?.mailDir ?? join(dir, 'mail');
  const [port, tlsPort] = await Promise.all([freePort(), freePort()]);
  const uid = process.getuid?.() === 0 ? 5000 : (process.getuid?.() ?? 0);
  const gid = process.getuid?.() === 0 ? 5000 : (process.getgid?.() ?? 0);
  await chmod(dir, 0o755);
  await mkdir(mailDir, { recursive: true });
  if (options.shareMailOf === undefined) await chown(mailDir, uid, gid);
  const caFile = options.shareMailOf?.caFile ?? join(dir, 'cert.pem');
  const keyFile = join(options.shareMailOf?.dir ?? dir, 'key.pem');
  if (options.shareMailOf === undefined) makeCertificate(caFile, keyFile);
  const config = join(dir, 'dovecot.conf');
  const user = process.getuid?.() === 0 ? null : execFileSync('id', ['-un']).toString().trim();
  const group = process.getuid?.() === 0 ? null : execFileSync('id', ['-gn']).toString().trim();
  await writeFile(
    config,
    dovecotConfig({ dir, mailDir, port, tlsPort, uid, gid, user, group, certFile: caFile, keyFile, options }),
  );
  if (options.userFields !== undefined)
    await writeFile(join(dir, 'users'), userLines(options.userFields), { mode: 0o644 });
  const child = spawn('dovecot', ['-F', '-c', config], { env: sbin, stdio: 'ignore' });
  const died = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`${error.message}; apt-get install dovecot-imapd`));
    child.once('exit', (code) => resolve(`exit code ${code}`));
  });
  child.unref();
  const onExit = (): void => {
    child.kill('SIGTERM');
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', onExit);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', onExit);
    if (child.exitCode === null && child.signalCode === null) {
      child.ref();
      child.kill('SIGTERM');
      // Its log process takes seconds to end; nothing is left to be written then.
      const late = setTimeout(() => child.kill('SIGKILL'), 300);
      await died;
      clearTimeout(late);
    }
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  const failure = await Promise.race([died, greeting(port, child)]);
  if (failure !== null) {
    const log = await readFile(join(dir, 'dovecot.log'), 'utf8').catch(() => '');
    await stop();
    throw new Error(`dovecot did not start: ${failure}\n${log}`);
  }
  const doveadm = (args: readonly string[]): string =>
    execFileSync('doveadm', ['-c', config, ...args], { env: sbin, encoding: 'utf8' });
  return { dir, host: '127.0.0.1', port, tlsPort, caFile, mailDir, stop, doveadm };
}

function userLines(fields: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(fields)
    .map(([user, own]) => `${user}:::::::${own.map((field) => `userdb_${field}`).join(' ')}\n`)
    .join('');
}

/** An EC key: RSA would cost more than the server's start. */
function makeCertificate(certFile: string, keyFile: string): void {
  const request =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost';
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', [...request.split(' '), ...names, '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  });
}

/** Resolves to null once the server greets, or to the reason why not. */
async function greeting(port: number, child: ChildProcess): Promise<string | null> {
  for (let tries = 0; tries < 500 && child.exitCode === null; tries++) {
    if (await greets(port)) return null;
    await sleep(10);
  }
  return 'no greeting';
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(2000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(data.toString('latin1').startsWith('* OK'));
      socket.end('x LOGOUT\r\n');
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
