/** A server whose body comes a byte now and then, which no longest silence ends. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { s3Store } from '../../../src/store/s3/store.ts';
import { storeOptions } from './bucket.ts';

/** Sends pieces of this length with a pause between them. */
async function slowStore(t: TestContext, piece: number, pauseMs: number, total: number) {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': total, etag: '"x"' });
    const timer = setInterval(() => response.write('x'.repeat(piece)), pauseMs);
    response.once('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address !== 'string');
  const access = {
    endpoint: `http://127.0.0.1:${address.port}`,
    accessKeyId: 'KEY',
    secretAccessKey: 'secret',
  };
  const options = storeOptions(access, 'bucket', { maxAttempts: 2, requestTimeoutMs: 100 });
  const store = s3Store(options, new AbortController().signal);
  t.after(() => store[Symbol.dispose]());
  return store;
}

test('a body that trickles is given up in plain words', async (t) => {
  const store = await slowStore(t, 1, 20, 1_000_000);
  const read = async (): Promise<void> => {
    for await (const _ of store.read('a/x'));
  };
  await assert.rejects(read(), {
    code: 'store',
    message: /came too slowly to be read: \d+ bytes in 3 s.*Check the server/,
  });
});

test('a body that comes slowly but steadily is read, however slow its reader is', async (t) => {
  const store = await slowStore(t, 500, 20, 100_000);
  let length = 0;
  for await (const piece of store.read('a/x')) {
    if (length === 0) await sleep(3_500);
    length += piece.length;
  }
  assert.equal(length, 100_000);
});
