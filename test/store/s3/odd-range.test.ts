import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';
import { s3Store } from '../../../src/store/s3/store.ts';
import { storeOptions } from './bucket.ts';

test('a range whose answer does not include the whole length is a bad answer, not a short object', async (t) => {
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
  const read = store.read('a/x', { offset: 0, length: 20 })[Symbol.asyncIterator]();
  await assert.rejects(read.next(), { code: 'store', message: /does not include the whole length/ });
});
