import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What one connection did. */
export interface SlowConnection {
  /** Client bytes that came after server bytes: each of these turns costs a round trip. The greeting is none. */
  roundTrips: number;
  /** Commands in capitals, in order: `UID SEARCH`. */
  readonly commands: string[];
}

export interface SlowProxy {
  readonly port: number;
  /** In the order in which they began. */
  readonly connections: readonly SlowConnection[];
  /** Connections at the same time, at most. */
  readonly mostAtOnce: number;
  stop(): Promise<void>;
}

/** A line to a plaintext IMAP server with a delay each way, in milliseconds, that counts the round trips. */
export async function startSlowProxy(target: number, delayMs: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const connections: SlowConnection[] = [];
  let open = 0;
  let mostAtOnce = 0;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    const connection: SlowConnection = { roundTrips: 0, commands: [] };
    connections.push(connection);
    open += 1;
    mostAtOnce = Math.max(mostAtOnce, open);
    let counted = true;
    const ended = (): void => {
      if (counted) open -= 1;
      counted = false;
    };
    // A server ends its side with the answer to LOGOUT.
    upstream.once('end', ended);
    client.once('end', ended);
    client.once('close', ended);
    let served = true;
    client.on('data', (chunk) => {
      if (served) connection.roundTrips += 1;
      served = false;
      note(connection, chunk.toString('latin1'));
      setTimeout(() => upstream.writable && upstream.write(chunk), delayMs);
    });
    upstream.on('data', (chunk) => {
      served = true;
      setTimeout(() => client.writable && client.write(chunk), delayMs);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.once('close', () => sockets.delete(one));
      one.once('end', () => setTimeout(() => other.end(), delayMs));
      one.on('error', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    connections,
    get mostAtOnce() {
      return mostAtOnce;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function note({ commands }: SlowConnection, text: string): void {
  for (const line of text.split('\r\n')) {
    const [, name] = /^[0-9A-F]+ ((?:UID )?[A-Z]+)(?: |$)/.exec(line) ?? [];
    if (name !== undefined) commands.push(name);
  }
}
