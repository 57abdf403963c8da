import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Dovecot } from '../servers/dovecot.ts';
import type { SeedMessage } from '../corpus/mailbox.ts';
import { type RawAppend, RawImap } from '../servers/raw-imap.ts';
import { measured, type Measured } from './measured.ts';

/** A mailbox behind a port. */
export interface Target {
  readonly port: number;
  readonly user: string;
}

async function inDirectory<T>(job: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'mothball-bench-'));
  try {
    return await job(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The floor for reading: one FETCH of everything, its bytes thrown away. With `remove`, also that for deleting the UIDs up to it. */
export async function rawSocket({ port, user }: Target, remove = 0): Promise<Measured> {
  const begun = process.hrtime.bigint();
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let tail = '';
    let step = 0;
    const commands = ['SELECT INBOX', 'UID FETCH 1:* BODY.PEEK[]'];
    socket.write(`a LOGIN ${user} secret\r\n`);
    socket.on('error', reject);
    socket.on('data', (data: Buffer) => {
      tail = (tail + data.toString('latin1')).slice(-8192);
      if (!/^a (OK|NO|BAD)[^\n]*\n$/m.test(tail)) return;
      tail = '';
      const next = commands[step++];
      if (next !== undefined) return void socket.write(`a ${next}\r\n`);
      socket.destroy();
      resolve();
    });
  });
  if (remove > 0) {
    const raw = await RawImap.login(port, user);
    await raw.select('INBOX');
    for (let from = 1; from <= remove; from += 500) {
      await raw.command(`UID STORE ${from}:${from + 499} +FLAGS.SILENT (\\Deleted)`);
      await raw.command(`UID EXPUNGE ${from}:${from + 499}`);
    }
    raw.close();
  }
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  return { seconds, cpuSeconds: null, peakMegabytes: null, stdout: '' };
}

/** The floor for restoring: nothing but MULTIAPPEND of 200 messages a command, several commands on their way. */
export async function rawAppend({ port, user }: Target, mail: Iterable<SeedMessage>): Promise<Measured> {
  const raw = await RawImap.login(port, user);
  await raw.command('CREATE Floor');
  let seconds = 0;
  let waiting: RawAppend[] = [];
  const flush = async (): Promise<void> => {
    const begun = process.hrtime.bigint();
    await raw.append('Floor', waiting);
    seconds += Number(process.hrtime.bigint() - begun) / 1e9;
    waiting = [];
  };
  for (const { raw: body, flags, internalDate } of mail) {
    waiting.push({ body, flags, date: internalDate });
    if (waiting.length === 2000) await flush();
  }
  await flush();
  raw.close();
  return { seconds, cpuSeconds: null, peakMegabytes: null, stdout: '' };
}

/** mbsync copies the mailbox into a local Maildir: nothing is verified, nothing is deleted. */
export async function mbsync({ port, user }: Target): Promise<Measured> {
  return inDirectory(async (directory) => {
    const config = `IMAPAccount a\nHost 127.0.0.1\nPort ${port}\nUser ${user}\nPass secret\nSSLType None\n
IMAPStore far\nAccount a\n
MaildirStore near\nPath ${directory}/\nInbox ${directory}/INBOX\n
Channel c\nFar :far:\nNear :near:\nPatterns INBOX\nSync Pull\nCreate Near\nSyncState ${directory}/state/\n`;
    await writeFile(join(directory, 'mbsyncrc'), config);
    return measured('mbsync', ['-c', join(directory, 'mbsyncrc'), 'c']);
  });
}

/** getmail6 retrieves into an mboxrd file, and deletes what it has delivered. */
export async function getmail({ port, user }: Target): Promise<Measured> {
  return inDirectory(async (directory) => {
    const config = `[retriever]\ntype = SimpleIMAPRetriever\nserver = 127.0.0.1\nport = ${port}\nusername = ${user}\npassword = secret\n
[destination]\ntype = Mboxrd\npath = ${directory}/mbox\n
[options]\ndelete = true\nread_all = true\nverbose = 0\n`;
    await writeFile(join(directory, 'getmailrc'), config, { mode: 0o600 });
    await writeFile(join(directory, 'mbox'), '');
    // It refuses to deliver as root.
    const asUser =
      process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    if (asUser.length > 0) await measured('chown', ['-R', '65534:65534', directory]);
    const [program, ...args] = [...asUser, 'getmail', '--getmaildir', directory, '--rcfile', 'getmailrc'];
    return measured(program, args, { env: { HOME: directory } });
  });
}

/** doveadm copies the mailbox on the server's own machine, past IMAP. */
export async function doveadm(dovecot: Dovecot, user: string): Promise<Measured> {
  return inDirectory(async (directory) => {
    const config = join(dovecot.dir, 'dovecot.conf');
    await chmod(directory, 0o777);
    return measured('doveadm', ['-c', config, 'backup', '-u', user, `maildir:${directory}/copy`]);
  });
}
