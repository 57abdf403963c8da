/** A server that only counts what reaches it, as a proxy of a company would be reached. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import process from 'node:process';
import test, { after, before, beforeEach } from 'node:test';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { s3Client } from '../../../src/store/s3/client.ts';

let proxy: Server;
let address: string;
let asked: string[] = [];
const sockets = new Set<Socket>();

before(async () => {
  proxy = createServer(({ url = '' }, reply) => {
    asked.push(url);
    reply.writeHead(200).end();
  });
  proxy.on('connect', ({ url = '' }, socket) => {
    asked.push(`CONNECT ${url}`);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  proxy.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const bound = proxy.address();
  assert.ok(typeof bound === 'object' && bound !== null);
  address = `127.0.0.1:${bound.port}`;
});

after(() => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
});

const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

beforeEach(() => {
  asked = [];
  for (const name of names) delete process.env[name];
});

async function head(endpoint: string): Promise<void> {
  const client = s3Client({
    name: 'cold',
    bucket: 'mail',
    prefix: '',
    region: 'eu-central-1',
    endpoint,
    forcePathStyle: true,
    caFile: null,
    credentials: {
      accessKeyId: { read: async () => 'key' },
      secretAccessKey: { read: async () => 'secret' },
      sessionToken: null,
    },
    storageClass: null,
    sse: null,
    objectLock: null,
    tags: {},
    keepFor: null,
    lifecycleChecked: false,
    maxAttempts: 1,
    connectTimeoutMs: 2000,
    requestTimeoutMs: 2000,
    deadlineMs: 5000,
  });
  await client.send(new HeadBucketCommand({ Bucket: 'mail' })).catch(() => undefined);
  client.destroy();
}

test('S3 over https goes through HTTPS_PROXY', async () => {
  process.env['HTTPS_PROXY'] = `http://${address}`;
  await head('https://s3.invalid');
  assert.deepEqual(asked, ['CONNECT s3.invalid:443']);
});

test('S3 over http goes through HTTP_PROXY', async () => {
  process.env['HTTP_PROXY'] = `http://${address}`;
  await head('http://s3.invalid:9000');
  assert.deepEqual(asked, ['http://s3.invalid:9000/mail/']);
});

test('what NO_PROXY names is asked directly', async () => {
  process.env['HTTP_PROXY'] = 'http://127.0.0.1:1';
  process.env['NO_PROXY'] = '127.0.0.1,.svc';
  await head(`http://${address}`);
  assert.deepEqual(asked, ['/mail/']);
});

test('without these variables S3 is asked directly', async () => {
  await head(`http://${address}`);
  assert.deepEqual(asked, ['/mail/']);
});
