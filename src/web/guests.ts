import { BlockList, isIPv6, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { networkOf } from './login-failures.ts';

/** Connections of one address: a browser opens six. All together are 256. */
const mostOfAddress = 16;
/** How long a connection without a request stays open, in milliseconds; proxies keep theirs longer. */
const usualIdleMs = 10_000;

interface GuestParts {
  /** Whether strangers are to be expected now. */
  readonly strangers: () => boolean;
  /** Addresses and networks that bring the connections of many. */
  readonly proxies: readonly string[];
  readonly idleMs?: number | undefined;
}

/** Strangers can't take all the connections by holding them open. */
export function limitGuests(server: FastifyInstance, { strangers, proxies, idleMs }: GuestParts): void {
  const trusted = networks(proxies);
  const open = new Map<string, number>();
  const idle = idleMs ?? usualIdleMs;
  const isGuest = ({ remoteAddress: address = '' }: Socket): boolean =>
    strangers() && !trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  server.server.on('connection', (socket: Socket) => {
    if (!isGuest(socket)) return;
    const key = networkOf(socket.remoteAddress);
    const count = (open.get(key) ?? 0) + 1;
    if (count > mostOfAddress) return void socket.destroy();
    open.set(key, count);
    socket.once('close', () => {
      const left = (open.get(key) ?? 1) - 1;
      if (left > 0) open.set(key, left);
      else open.delete(key);
    });
  });
  // Over TLS a connection is one when the handshake is done.
  for (const event of ['connection', 'secureConnection'] as const)
    server.server.on(event, (socket: Socket) => void (isGuest(socket) && socket.setTimeout(idle)));
  server.addHook('onRequest', async ({ raw }, reply) => {
    const { socket } = raw;
    if (!isGuest(socket)) return;
    socket.setTimeout(0);
    // After the server has set its own time.
    reply.raw.once('close', () => socket.setTimeout(idle));
  });
}

function networks(list: readonly string[]): BlockList {
  const all = new BlockList();
  for (const one of list) {
    const [address = '', bits] = one.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) all.addAddress(address, family);
    else all.addSubnet(address, Number(bits), family);
  }
  return all;
}
