import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test, { type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { s3Store } from '../../../src/store/s3/store.ts';
import { storeOptions } from './bucket.ts';

/** A server that answers each request as a range of unknown length, and a store behind it. */
async function rangeStore(t: TestContext) {
  const server = createServer((_, response) => {
    response.writeHead(206, { 'content-range': 'bytes 0-9/*', 'content-length': 10, etag: '"x"' });
    response.end('0123456789');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address !== 'string');
  const access = {
    endpoint: `http://127.0.0.1:${address.port}`,
    accessKeyId: 'KEY',
    secretAccessKey: 'secret',
  };
  const store = s3Store(storeOptions(access, 'bucket', { maxAttempts: 2 }), new AbortController().signal);
  return { server, store };
}

test('a range whose answer does not include the whole length is a bad answer, not a short object', async (t) => {
  const { store } = await rangeStore(t);
  const read = store.read('a/x', { offset: 0, length: 20 })[Symbol.asyncIterator]();
  await assert.rejects(read.next(), { code: 'store', message: /does not include the whole length/ });
});

test('a store that is disposed closes the connections that it kept', async (t) => {
  const { server, store } = await rangeStore(t);
  const closed = new Promise((resolve) => {
    server.on('connection', (socket) => socket.once('close', resolve));
  });
  await store.stat('a/x');
  assert.equal(await promisify(server.getConnections.bind(server))(), 1);
  store[Symbol.dispose]();
  await closed;
});
