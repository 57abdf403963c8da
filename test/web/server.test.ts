import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { startWeb, type WebOptions, type WebServer } from '../../src/web/server.ts';

async function* pieces(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

async function start(t: TestContext, changes: Partial<WebOptions> = {}): Promise<WebServer> {
  const web = await startWeb({
    host: '127.0.0.1',
    port: 0,
    metrics: {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      text: () => pieces('a 1\n', 'b 2\n'),
    },
    health: { dead: () => null, unready: () => null },
    log: (line) => assert.fail(line),
    ...changes,
  });
  t.after(() => web.close());
  return web;
}

const get = (web: WebServer, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${web.port}${path}`, init);

test('/metrics streams the text with the content type that Prometheus wants', async (t) => {
  const web = await start(t);
  const response = await get(web, '/metrics', { headers: { 'accept-encoding': 'identity' } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(response.headers.get('content-encoding'), null);
  assert.equal(await response.text(), 'a 1\nb 2\n');
});

for (const [accepts, packed] of [
  ['gzip', true],
  ['deflate, gzip;q=0.5', true],
  ['gzip;q=0', false],
  ['gzip; q=0.0, identity', false],
  ['br', false],
] as const) {
  test(`a scrape that accepts "${accepts}" gets ${packed ? 'gzip' : 'plain text'}`, async (t) => {
    const web = await start(t);
    const response = await get(web, '/metrics', { headers: { 'accept-encoding': accepts } });
    assert.equal(response.headers.get('content-encoding'), packed ? 'gzip' : null);
    // fetch unpacks by itself.
    assert.equal(await response.text(), 'a 1\nb 2\n');
  });
}

test('every reply carries the security headers, and none says what serves it', async (t) => {
  const web = await start(t);
  for (const path of ['/metrics', '/livez', '/nothing']) {
    const { headers } = await get(web, path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('server'), null);
    assert.equal(headers.get('x-powered-by'), null);
  }
});

test('the probes answer 200, or 503 with the reason', async (t) => {
  const faults: { dead: string | null; unready: string | null } = { dead: null, unready: 'starting' };
  const web = await start(t, { health: { dead: () => faults.dead, unready: () => faults.unready } });
  const probe = async (path: string): Promise<string> => {
    const response = await get(web, path);
    return `${response.status} ${await response.text()}`;
  };
  assert.equal(await probe('/livez'), '200 ok\n');
  assert.equal(await probe('/readyz'), '503 starting\n');
  faults.unready = null;
  faults.dead = 'the catalog is closed';
  assert.equal(await probe('/readyz'), '200 ok\n');
  assert.equal(await probe('/livez'), '503 the catalog is closed\n');
});

test('what is not served is told without a word on the inside', async (t) => {
  const lines: string[] = [];
  const health = {
    dead: () => null,
    unready: (): string | null => {
      throw new Error('secret detail');
    },
  };
  const web = await start(t, { health, log: (line) => lines.push(line) });
  assert.equal((await get(web, '/metrics', { method: 'POST', body: 'x' })).status, 404);
  const response = await get(web, '/readyz');
  assert.equal(`${response.status} ${await response.text()}`, '500 internal error\n');
  assert.deepEqual(lines, ['GET /readyz failed: secret detail']);
});

test('headers beyond 16 KiB are refused', async (t) => {
  const web = await start(t);
  const response = await get(web, '/livez', { headers: { 'x-long': 'x'.repeat(20_000) } });
  assert.equal(response.status, 431);
});

test('a scraper that goes away ends the stream it asked for', async (t) => {
  const ended = Promise.withResolvers<void>();
  async function* endless(): AsyncGenerator<string> {
    try {
      for (;;) yield 'x 1\n'.repeat(10_000);
    } finally {
      ended.resolve();
    }
  }
  const web = await start(t, { metrics: { contentType: 'text/plain', text: endless } });
  const socket = connect(web.port, '127.0.0.1', () =>
    socket.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n'),
  );
  socket.once('data', () => socket.destroy());
  await ended.promise;
});

test('closing cuts a reply that never ends', async (t) => {
  async function* endless(): AsyncGenerator<string> {
    for (;;) yield 'x 1\n'.repeat(10_000);
  }
  const web = await start(t, { metrics: { contentType: 'text/plain', text: endless } });
  const cut = Promise.withResolvers<string>();
  request({ port: web.port, host: '127.0.0.1', path: '/metrics' }, (response) => {
    text(response).then(
      () => cut.resolve('whole'),
      () => cut.resolve('cut'),
    );
  }).end();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await web.close();
  assert.equal(await cut.promise, 'cut');
});

test('an address that is taken is told with what to do', async (t) => {
  const { port } = await start(t);
  await assert.rejects(start(t, { port }), /can't listen on 127\.0\.0\.1:\d+ .*change http\.listen/);
});
