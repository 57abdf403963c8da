import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { basic, bearer, mailToken, openSite, token, withTokens, writeSecret } from './page-server.ts';

const pages = [
  '/',
  '/policies',
  '/runs',
  '/archives',
  '/api/v1/status',
  '/api/v1/quota',
  '/api/v1/openapi.json',
];
const mailPages = [
  '/search',
  '/search?q=x',
  '/messages/0123456789ab/0',
  '/messages/0123456789ab/0/download',
  '/api/v1/search?q=x',
  '/api/v1/messages/0123456789ab/0',
  '/api/v1/messages/0123456789ab/0/raw',
];

test('on loopback without a token everyone sees the page and the API, and nobody archived mail', async (t) => {
  const { get } = await openSite(t, {});
  for (const path of pages) assert.equal((await get(path)).status, 200, path);
  for (const path of mailPages) assert.equal((await get(path)).status, 403, path);
});

test('without the token, or with a wrong one, everything is refused in the same words', async (t) => {
  for (const path of [...pages, ...mailPages]) {
    // Ten wrong tokens close the door: each path has a site of its own.
    const { get } = await openSite(t, withTokens);
    const bodies = new Set<string>();
    for (const said of [undefined, bearer('wrong'), basic('wrong'), 'Bearer', 'Digest x']) {
      const response = await get(path, said);
      assert.equal(response.status, 401, `${path} with ${said}`);
      assert.match(response.headers.get('www-authenticate') ?? '', /^Basic realm="Mothball/);
      bodies.add((await response.text()).replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:[\d.]+Z)?/g, 'TIME'));
    }
    assert.equal(bodies.size, 1, `${path} tells a wrong token from a missing one`);
  }
});

test('the status token opens all but archived mail, as bearer and as the password of any user', async (t) => {
  const { get } = await openSite(t, withTokens);
  for (const said of [bearer(token), basic(token), basic(token, '')]) {
    for (const path of pages) assert.equal((await get(path, said)).status, 200, `${path} with ${said}`);
  }
  for (const path of mailPages) {
    assert.equal((await get(path, bearer(token))).status, 403, path);
    // A browser asks its user for the other token.
    const asked = await get(path, basic(token));
    assert.equal(asked.status, 401, path);
    assert.equal(
      asked.headers.get('www-authenticate'),
      'Basic realm="Mothball archived mail", charset="UTF-8"',
    );
  }
});

test('the mail token opens all', async (t) => {
  const { get } = await openSite(t, withTokens);
  for (const said of [bearer(mailToken), basic(mailToken)]) {
    for (const path of [...pages, '/search', '/search?q=x', '/api/v1/search?q=x'])
      assert.equal((await get(path, said)).status, 200, `${path} with ${said}`);
    // There is no such message, which only who may see mail is told.
    assert.equal((await get('/messages/0123456789ab/0', said)).status, 404);
  }
});

test('with mail: false no token opens archived mail, the mail token not even the rest', async (t) => {
  const { get } = await openSite(t, { auth: withTokens.auth, mail: false });
  for (const path of mailPages) assert.equal((await get(path, bearer(token))).status, 403, path);
  assert.equal((await get('/', bearer(mailToken))).status, 401);
  assert.doesNotMatch(await (await get('/', bearer(token))).text(), /href="\/search"/);
});

test('a token file that changes is read again, and one that is gone lets nobody in', async (t) => {
  const { dir, get, log } = await openSite(t, withTokens);
  const turned = async (said: string, status: number): Promise<void> => {
    while ((await get('/', bearer(said))).status !== status)
      await new Promise((done) => setTimeout(done, 50));
  };
  assert.equal((await get('/', bearer(token))).status, 200);
  await writeSecret(dir, 'token', 'another-token');
  await turned(token, 401);
  assert.equal((await get('/', bearer('another-token'))).status, 200);
  await rm(join(dir, 'token'));
  await turned('another-token', 503);
  assert.match(log.join('\n'), /token could not be read/);
});

test('after ten wrong tokens the next wrong ones are answered slowly, and the right one at once', async (t) => {
  const { get, log } = await openSite(t, withTokens);
  for (let tries = 0; tries < 10; tries++)
    assert.equal((await get('/', bearer(`guess-${tries}`))).status, 401);
  const before = performance.now();
  const response = await get('/', bearer('guess-10'));
  assert.equal(response.status, 429);
  assert.ok(Number(response.headers.get('retry-after')) > 0);
  assert.ok(performance.now() - before > 900, 'it was slowed down');
  assert.equal((await get('/', bearer(token))).status, 200, 'others come from the same address');
  assert.equal((await get('/')).status, 401, 'who says nothing guesses nothing');
  assert.equal((await get('/livez')).status, 200, 'probes go on');
  assert.deepEqual(log, ['too many wrong tokens from 127.0.0.1: slowed down for a while']);
});

test('page: false serves metrics and probes only', async (t) => {
  const { get } = await openSite(t, { page: false });
  for (const path of [...pages, ...mailPages]) assert.equal((await get(path)).status, 404, path);
  for (const path of ['/metrics', '/livez', '/readyz']) assert.equal((await get(path)).status, 200, path);
});

test('a reload that takes the token away closes the page on an address that strangers reach', async (t) => {
  const site = await openSite(t, withTokens, '0.0.0.0');
  assert.equal((await site.get('/', bearer(token))).status, 200);
  await site.reload({});
  for (const path of pages) assert.equal((await site.get(path, bearer(token))).status, 503, path);
});

test('a name that was made to resolve to this machine is refused, with a token or without', async (t) => {
  const { web, reload } = await openSite(t, {});
  const statusFor = (host: string, path = '/'): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: web.port, path, headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  for (const host of [
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
    '10.0.0.1',
  ])
    for (const path of ['/', '/metrics', '/api/v1/status', '/style.css'])
      assert.equal(await statusFor(host, path), 421, `${host} ${path}`);
  for (const host of [
    'localhost',
    `localhost:${web.port}`,
    '127.0.0.1:1',
    '[::1]:9310',
    'mothball.localhost',
  ])
    assert.equal(await statusFor(host), 200, host);
  // A browser may know the token, and metrics and probes ask for none.
  await reload(withTokens);
  for (const path of ['/', '/metrics', '/livez'])
    assert.equal(await statusFor('mail.example.com', path), 421);
});

test('only GET and HEAD are answered', async (t) => {
  const { get } = await openSite(t, {});
  assert.equal((await get('/', undefined, { method: 'HEAD' })).status, 200);
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
    assert.equal((await get('/', undefined, { method })).status, 404, method);
});
