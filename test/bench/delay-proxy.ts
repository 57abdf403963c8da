import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that delays every byte by so many milliseconds each way; it limits no rate. */
export async function startDelayProxy(
  port: number,
  delayMs: number,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    delayed(near, far, delayMs);
    delayed(far, near, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Timers of one length fire in the order in which they were set, so the bytes stay in order. */
function delayed(from: Socket, to: Socket, delayMs: number): void {
  from.on('data', (data) => setTimeout(() => to.writable && to.write(data), delayMs));
  from.on('end', () => setTimeout(() => to.end(), delayMs));
  from.on('close', () => setTimeout(() => to.destroy(), delayMs));
}
