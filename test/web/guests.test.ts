/** Connections that strangers hold open where owners sign in. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import Fastify from 'fastify';
import { limitGuests } from '../../src/web/guests.ts';

interface Door {
  dial(): Promise<Socket>;
  strangers: boolean;
}

async function open(t: TestContext, proxies: readonly string[], idleMs: number): Promise<Door> {
  const server = Fastify({ keepAliveTimeout: 60_000, forceCloseConnections: true });
  const door = { strangers: true };
  limitGuests(server, { strangers: () => door.strangers, proxies, idleMs });
  server.get('/', async () => {
    await new Promise((resolve) => setTimeout(resolve, idleMs * 2));
    return 'here';
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => server.close());
  const address = server.server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return Object.assign(door, {
    async dial() {
      const socket = connect(port, '127.0.0.1');
      t.after(() => socket.destroy());
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    },
  });
}

const ask = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/** What comes until the other side closes. */
async function rest(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (part: Buffer) => (text += part.toString()));
  await once(socket, 'close');
  return text;
}

test('an address has sixteen connections, and gets another when one of them has ended', async (t) => {
  const door = await open(t, [], 5_000);
  const first = await door.dial();
  for (let index = 1; index < 16; index++) await door.dial();
  assert.equal(await rest(await door.dial()), '', 'the seventeenth');
  first.destroy();
  for (;;) {
    const socket = await door.dial();
    socket.write(ask.replace('GET', 'BAD'));
    if ((await rest(socket)).startsWith('HTTP/1.1 400')) break;
  }
});

test('a connection without a request ends soon, one with a request only after its answer', async (t) => {
  const door = await open(t, [], 150);
  assert.equal(await rest(await door.dial()), '');
  const socket = await door.dial();
  socket.write(ask);
  assert.match(await rest(socket), /^HTTP\/1\.1 200 [\s\S]*here$/);
});

test('named proxies, and everyone where owners do not sign in, keep theirs', async (t) => {
  for (const strangers of [true, false]) {
    const door = await open(t, strangers ? ['127.0.0.0/8'] : [], 50);
    door.strangers = strangers;
    const all: Socket[] = [];
    for (let index = 0; index < 20; index++) all.push(await door.dial());
    const [first] = all;
    first?.write(ask);
    const [answer] = await once(first ?? assert.fail(), 'data');
    assert.match(String(answer), /200/);
    assert.deepEqual(new Set(all.map(({ closed }) => closed)), new Set([false]));
  }
});
