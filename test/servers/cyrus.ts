import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cyrusPackages } from './cyrus-packages.ts';
import { freePort } from './free-port.ts';
import { RawImap } from './raw-imap.ts';
import { libraryPath } from './unpacked.ts';

export interface CyrusOptions {
  /** Each gets a mailbox; password `secret`. Default `bob`. */
  readonly users?: readonly string[];
  /** Limit of each user's quota root, in units of 1024 octets; null: no quota root. */
  readonly quotaKb?: number | null;
  /** Default `.`, with every folder of a user under `INBOX.` */
  readonly separator?: '.' | '/';
  readonly expunge?: 'immediate' | 'delayed';
  /** Lines put at the end of imapd.conf. */
  readonly extraConfig?: string;
}

export interface Cyrus {
  readonly dir: string;
  /** Plain, on 127.0.0.1. */
  readonly port: number;
  stop(): Promise<void>;
}

/** SASL realm: must be the same in imapd.conf and in the password file. */
const realm = 'imap.test';
/** Cyrus starts as root and runs as this user; as another user the tests use `sudo -n`. */
const runAs = 'nobody';

/** A private Cyrus IMAP 3.6 on loopback, for what Dovecot does differently. */
export async function startCyrus(options: CyrusOptions = {}): Promise<Cyrus> {
  const root = await cyrusPackages();
  const dir = await mkdtemp(join(tmpdir(), 'cyrus-'));
  const port = await freePort();
  const users = options.users ?? ['bob'];
  const library = await libraryPath(root, ['usr/lib/cyrus']);
  const env = { ...process.env, LD_LIBRARY_PATH: library };
  await chmod(dir, 0o755);
  for (const name of ['db', 'socket', 'log', 'proc', 'msg', 'lock', 'ptclient']) {
    await mkdir(join(dir, 'conf', name), { recursive: true });
  }
  for (const name of ['spool', 'tmp']) await mkdir(join(dir, name));
  await writeFile(join(dir, 'imapd.conf'), imapdConfig(dir, options));
  await writeFile(join(dir, 'cyrus.conf'), cyrusConfig(dir, join(root, 'usr/lib/cyrus/bin'), port));
  for (const user of ['cyrus', ...users]) {
    const args = ['-p', '-c', '-f', join(dir, 'sasldb2'), '-u', realm, user];
    execFileSync(join(root, 'usr/sbin/saslpasswd2'), args, { input: 'secret', env });
  }
  asRoot('chown', ['-R', runAs, dir]);
  const files = ['-C', join(dir, 'imapd.conf'), '-M', join(dir, 'cyrus.conf'), '-p', join(dir, 'master.pid')];
  const [program, ...args] = rootCommand('env', [
    `LD_LIBRARY_PATH=${library}`,
    join(root, 'usr/lib/cyrus/bin/master'),
    ...files,
    '-L',
    join(dir, 'conf/log/master.log'),
  ]);
  const child = spawn(program ?? 'env', args, { stdio: 'ignore', detached: true });
  child.unref();
  const kill = (): void => killTree(dir);
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', kill);
    killTree(dir);
    child.ref();
    while (child.exitCode === null && child.signalCode === null) await sleep(10);
    asRoot('rm', ['-rf', dir]);
  };
  try {
    await prepare(port, users, options, child);
  } catch (error) {
    const log = await readFile(join(dir, 'conf/log/master.log'), 'utf8').catch(() => '');
    await stop();
    throw new Error(`cyrus did not start: ${String(error)}\n${log}`, { cause: error });
  }
  return { dir, port, stop };
}

async function prepare(
  port: number,
  users: readonly string[],
  options: CyrusOptions,
  child: ChildProcess,
): Promise<void> {
  let admin: RawImap | null = null;
  for (let tries = 0; admin === null; tries++) {
    try {
      admin = await RawImap.login(port, 'cyrus');
    } catch (error) {
      if (tries === 200 || child.exitCode !== null) throw error;
      await sleep(50);
    }
  }
  for (const user of users) {
    const mailbox = `user${options.separator ?? '.'}${user}`;
    await admin.command(`CREATE "${mailbox}"`);
    if (options.quotaKb !== null)
      await admin.command(`SETQUOTA "${mailbox}" (STORAGE ${options.quotaKb ?? 1_000_000})`);
  }
  admin.close();
}

/** The master and its children each hold files open; nothing is left to be written. */
function killTree(dir: string): void {
  asRoot('sh', ['-c', `p=$(cat ${dir}/master.pid) && kill -9 $p $(ps -o pid= --ppid $p) || true`]);
}

function rootCommand(program: string, args: readonly string[]): readonly string[] {
  return process.getuid?.() === 0 ? [program, ...args] : ['sudo', '-n', program, ...args];
}

function asRoot(program: string, args: readonly string[]): void {
  const [first = program, ...rest] = rootCommand(program, args);
  execFileSync(first, rest, { stdio: 'ignore' });
}

function imapdConfig(
  dir: string,
  { separator = '.', expunge = 'immediate', extraConfig = '' }: CyrusOptions,
): string {
  return `configdirectory: ${dir}/conf
defaultpartition: default
partition-default: ${dir}/spool
cyrus_user: ${runAs}
cyrus_group: nogroup
servername: ${realm}
admins: cyrus
hashimapspool: yes
fulldirhash: no
unixhierarchysep: ${separator === '/' ? 'yes' : 'no'}
altnamespace: no
virtdomains: off
expunge_mode: ${expunge}
delete_mode: immediate
temp_path: ${dir}/tmp
allowplaintext: yes
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: ${dir}/sasldb2
maxlogins_per_host: 0
${extraConfig}
`;
}

function cyrusConfig(dir: string, bin: string, port: number): string {
  return `START {
  recover cmd="${bin}/ctl_cyrusdb -C ${dir}/imapd.conf -r"
}
SERVICES {
  imap cmd="${bin}/imapd -C ${dir}/imapd.conf -U 30" listen="127.0.0.1:${port}" proto=tcp4 prefork=1 maxchild=60
}
EVENTS {
}
DAEMON {
  idled cmd="${bin}/idled -C ${dir}/imapd.conf"
}
`;
}
