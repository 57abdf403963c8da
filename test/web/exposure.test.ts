import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { connect } from 'node:tls';
import test, { type TestContext } from 'node:test';
import { startWeb, type WebOptions, type WebServer } from '../../src/web/server.ts';
import { selfSigned } from '../servers/certificate.ts';

async function* samples(): AsyncGenerator<string> {
  yield 'a 1\n';
}

async function start(t: TestContext, changes: Partial<WebOptions> = {}): Promise<WebServer> {
  const web = await startWeb({
    host: '127.0.0.1',
    port: 0,
    metrics: { contentType: 'text/plain', text: samples },
    health: { dead: () => null, unready: () => 'starting' },
    log: () => undefined,
    ...changes,
  });
  t.after(() => web.close());
  return web;
}

const get = (web: WebServer, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${web.port}${path}`, { headers });
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const tokenOf = (value: string) => ({ file: null, read: async () => value });

test('metrics with a token of their own refuse everyone without it; probes never ask', async (t) => {
  let failures = 0;
  const metricsToken = tokenOf('scrape-me');
  const web = await start(t, { metricsToken: () => metricsToken, loginFailed: () => (failures += 1) });
  assert.equal((await get(web, '/metrics')).status, 401);
  assert.equal((await get(web, '/metrics', bearer('wrong'))).status, 401);
  assert.equal((await get(web, '/metrics', bearer('scrape-me'))).status, 200);
  assert.equal((await get(web, '/livez')).status, 200);
  assert.equal((await get(web, '/readyz')).status, 503);
  assert.equal(failures, 1);
});

test('while the daemon starts, probes and metrics answer, and page and API say that it starts', async (t) => {
  const web = await start(t, { source: () => null });
  assert.equal((await get(web, '/livez')).status, 200);
  assert.equal((await get(web, '/metrics')).status, 200);
  assert.equal(await (await get(web, '/readyz')).text(), 'starting\n');
  for (const path of ['/', '/api/v1/status', '/runs', '/nothing']) {
    const response = await get(web, path);
    assert.equal(response.status, 503, path);
    assert.match(await response.text(), /is starting/, path);
  }
});

test('a listener without metrics serves neither them nor probes', async (t) => {
  const web = await startWeb({ host: '127.0.0.1', port: 0, source: () => null, log: () => undefined });
  t.after(() => web.close());
  for (const path of ['/metrics', '/livez', '/readyz']) assert.notEqual((await get(web, path)).status, 200);
});

test('behind a trusted proxy wrong tokens count for their sender, else for the proxy', async (t) => {
  for (const [trustedProxies, slowed] of [
    [['127.0.0.0/8'], '203.0.113.7'],
    [[], '127.0.0.1'],
  ] as const) {
    const log: string[] = [];
    const metricsToken = tokenOf('right');
    const web = await start(t, {
      trustedProxies,
      metricsToken: () => metricsToken,
      log: (line) => log.push(line),
    });
    const from = (address: string, token: string): Promise<Response> =>
      get(web, '/metrics', { ...bearer(token), 'x-forwarded-for': address });
    for (let tries = 0; tries < 10; tries += 1) await from('203.0.113.7', `guess-${tries}`);
    assert.deepEqual(log, [`too many wrong tokens from ${slowed}: slowed down for a while`]);
    const other = await from('198.51.100.9', 'typo');
    assert.equal(other.status, trustedProxies.length === 0 ? 429 : 401);
    assert.equal((await from('203.0.113.7', 'right')).status, 200);
  }
});

test('http.hosts are names by which a proxy on this machine may ask', async (t) => {
  const web = await start(t, { hosts: ['mothball.example.com'] });
  const statusFor = async (host: string): Promise<number> => {
    const { request: plain } = await import('node:http');
    return new Promise((resolve, reject) => {
      plain({ host: '127.0.0.1', port: web.port, path: '/livez', headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
  };
  assert.equal(await statusFor('Mothball.example.com'), 200);
  assert.equal(await statusFor('mothball.example.com:9310'), 200);
  assert.equal(await statusFor('evil.example'), 421);
});

test('with TLS only TLS is spoken, and a renewed certificate is served at once', async (t) => {
  const first = selfSigned('first.example');
  const web = await start(t, { tls: first });
  const answer = (ca: string): Promise<number> =>
    new Promise((resolve, reject) => {
      request(
        {
          host: '127.0.0.1',
          port: web.port,
          path: '/livez',
          ca,
          agent: false,
          checkServerIdentity: () => undefined,
        },
        (response) => {
          response.resume();
          assert.match(response.headers['strict-transport-security'] ?? '', /^max-age=/);
          resolve(response.statusCode ?? 0);
        },
      )
        .on('error', reject)
        .end();
    });
  assert.equal(await answer(first.cert), 200);
  await assert.rejects(get(web, '/livez'));
  const second = selfSigned('second.example');
  web.renew(second);
  assert.match(await subjectAt(web.port), /second\.example/);
  assert.equal(await answer(second.cert), 200);
});

async function subjectAt(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  const { subject } = new X509Certificate(socket.getPeerCertificate().raw);
  socket.destroy();
  return subject;
}
