import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { rgwConfig } from './rgw-config.ts';

const call = promisify(execFile);

export interface S3Access {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Rgw extends S3Access {
  readonly port: number;
  stop(): Promise<void>;
  /** Runs radosgw-admin on this cluster. */
  admin(args: readonly string[]): Promise<string>;
}

const keys = { accessKeyId: 'TESTACCESSKEY', secretAccessKey: 'test/secret+key0123456789' };
const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` };

/** A private Ceph with an S3 gateway on loopback, its data in memory. It dies with this process. */
export async function startRgw(options: { readonly extra?: string } = {}): Promise<Rgw> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(options.extra ?? '');
    } catch (error) {
      // Another process may have taken a port in between.
      if (attempt === 3) throw error;
    }
  }
}

async function launch(extra: string): Promise<Rgw> {
  const dir = await mkdtemp(join(tmpdir(), 'rgw-'));
  const children: ChildProcess[] = [];
  const onExit = (): void => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', onExit);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', onExit);
    // All of it is in memory: nothing is lost by force.
    await Promise.all(children.toReversed().map(end));
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  const conf = ['-c', join(dir, 'ceph.conf')];
  const run = async (program: string, args: readonly string[]): Promise<string> =>
    (await call(program, [...conf, ...args], { env, timeout: 60_000, maxBuffer: 2 ** 26 })).stdout;
  const daemon = (program: string, args: readonly string[]): void => {
    const child = spawn(program, ['-f', ...conf, ...args], { env, stdio: 'ignore' });
    // What is wrong shows as a step that fails after it.
    child.once('error', () => undefined);
    child.unref();
    children.push(child);
  };
  try {
    const [port, monPort] = await Promise.all([freePort(), freePort()]);
    const [fsid, osd] = [randomUUID(), randomUUID()];
    await writeFile(join(dir, 'ceph.conf'), rgwConfig({ dir, fsid, port, monPort, extra }));
    for (const part of ['mon', 'osd']) await mkdir(join(dir, part));
    const map = join(dir, 'monmap');
    const address = `[v2:127.0.0.1:${monPort}]`;
    await call('monmaptool', ['--create', '--clobber', '--fsid', fsid, '--addv', 'a', address, map], { env });
    await run('ceph-mon', ['-i', 'a', '--mkfs', '--monmap', map]);
    daemon('ceph-mon', ['-i', 'a']);
    await run('ceph', ['--connect-timeout', '20', 'osd', 'new', osd]);
    await run('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', osd]);
    daemon('ceph-osd', ['-i', '0']);
    const admin = (args: readonly string[]): Promise<string> => run('radosgw-admin', args);
    const user = ['--uid=test', '--display-name=test'];
    const key = [`--access-key=${keys.accessKeyId}`, `--secret-key=${keys.secretAccessKey}`];
    await admin(['user', 'create', ...user, ...key]);
    daemon('radosgw', ['-n', 'client.rgw']);
    const endpoint = `http://127.0.0.1:${port}`;
    await answers(endpoint);
    return { port, endpoint, ...keys, stop, admin };
  } catch (error) {
    const log = await readFile(join(dir, 'client.rgw.log'), 'utf8').catch(() => '');
    await stop();
    throw new Error(`the S3 server did not start: ${String(error)}\n${log.slice(-2_000)}`, { cause: error });
  }
}

async function answers(endpoint: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const answer = await fetch(endpoint).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    await sleep(50);
  }
  throw new Error('radosgw does not answer');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
