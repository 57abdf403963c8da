import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface NameServer {
  /** As `--dns` takes it. */
  readonly address: string;
  stop(): Promise<void>;
}

/** dnsmasq on loopback with these options (one record each) and nobody to ask for the rest. */
export async function startDnsmasq(records: readonly string[]): Promise<NameServer> {
  const port = await freeUdpPort();
  const child = spawn(
    'dnsmasq',
    [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--no-resolv',
      '--no-hosts',
      '--bind-interfaces',
      '--listen-address=127.0.0.1',
      `--port=${port}`,
      '--user=',
      '--group=',
      '--pid-file=',
      '--local=/test/',
      '--log-facility=-',
      ...records.map((record) => `--${record}`),
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
    },
  );
  let log = '';
  child.stderr.on('data', (data) => (log += String(data)));
  const ended = once(child, 'exit');
  const address = `127.0.0.1:${port}`;
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([address]);
  for (let tries = 0; !(await answers(resolver)); tries += 1) {
    if (child.exitCode !== null || tries === 100) throw new Error(`dnsmasq does not answer: ${log}`);
    await sleep(50);
  }
  return {
    address,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A name that is not there is an answer too. */
async function answers(resolver: Resolver): Promise<boolean> {
  const error: unknown = await resolver.resolve4('nothing.test').catch((reason: unknown) => reason);
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : 'ok';
  return code !== 'ECONNREFUSED' && code !== 'ETIMEOUT';
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
