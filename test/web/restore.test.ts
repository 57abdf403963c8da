/** The forms that put mail back: who may send them, and from where. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { RestoreWish } from '../../src/ports/restore-jobs.ts';
import { alice, manifest, numbered } from '../contract/catalog-samples.ts';
import {
  basic,
  bearer,
  mailToken,
  openSite,
  restoreToken,
  type TestSite,
  token,
  withTokens,
} from './page-server.ts';

const archive = manifest(numbered(1, 2));
const { id } = archive.head;
const form = 'application/x-www-form-urlencoded';

interface RestoreSite {
  readonly site: TestSite;
  readonly wishes: RestoreWish[];
  post(body: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
  /** The key in a form for this ID. */
  key(of?: string): Promise<string>;
}

async function open(t: TestContext, restore = true): Promise<RestoreSite> {
  const wishes: RestoreWish[] = [];
  const restores = {
    start: (wish: RestoreWish) => `job-${wishes.push(wish)}`,
    job: () => null,
  };
  const http = {
    ...withTokens,
    auth: { ...withTokens.auth, restoreTokenFile: './restore-token' },
    restore,
  };
  const site = await openSite(t, http, '127.0.0.1', () => undefined, { restores });
  await site.app.catalog.addArchive(archive, 'a.json', null);
  return {
    site,
    wishes,
    post: (body, headers = {}) =>
      fetch(`http://127.0.0.1:${site.web.port}/restore`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams(body).toString(),
        headers: { 'content-type': form, authorization: bearer(restoreToken), ...headers },
      }),
    async key(of = id) {
      const page = await (await site.get(`/restore?id=${of}`, bearer(restoreToken))).text();
      return /name="key" value="([^"]+)"/.exec(page)?.[1] ?? assert.fail(page);
    },
  };
}

test('a form with its key starts a restore, once', async (t) => {
  const { site, wishes, post, key } = await open(t);
  const sent = { id, key: await key(), folder: 'Back/<again>' };
  const response = await post(sent);
  assert.deepEqual([response.status, response.headers.get('location')], [303, '/restore/job-1']);
  assert.deepEqual(wishes, [
    {
      ids: [id],
      owner: null,
      account: null,
      folder: 'Back/<again>',
      who: 'restore token from 127.0.0.1',
    },
  ]);
  assert.equal((await post(sent)).status, 403);
  const own = await post({ id, key: await key(), account: alice.account, folder: '' });
  assert.equal(own.status, 303);
  assert.deepEqual(wishes[1]?.account, alice);
  assert.equal(wishes[1]?.folder, null);
  assert.equal((await site.get('/restore/job-9', bearer(restoreToken))).status, 404);
  assert.match(await (await site.get(`/archives/${id}`, bearer(token))).text(), /href="\/restore\?id=/);
});

test('a form of another site, without a key or with that of another form is refused', async (t) => {
  const { wishes, post, key } = await open(t);
  const one = await key(`${id}/1`);
  for (const [body, headers] of [
    [{ id, key: 'x' }, {}],
    [{ id, key: '' }, {}],
    [{ id, key: one }, {}],
    [{ id, key: `${one}x` }, {}],
    [{ id, key: await key() }, { 'sec-fetch-site': 'cross-site' }],
    [{ id, key: await key() }, { 'sec-fetch-site': 'same-site' }],
  ] as const)
    assert.equal((await post(body, headers)).status, 403, JSON.stringify([body, headers]));
  for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x'])
    assert.ok((await post({ id, key: await key() }, { 'content-type': type })).status >= 400, type);
  assert.deepEqual(wishes, []);
});

test('only the restore token opens a restore, and it opens no archived mail', async (t) => {
  const { site, wishes, post, key } = await open(t);
  const good = await key();
  for (const [said, status] of [
    ['', 401],
    [bearer('wrong'), 401],
    [bearer(token), 403],
    [bearer(mailToken), 403],
    [basic(mailToken), 401],
  ] as const) {
    assert.equal((await post({ id, key: good }, { authorization: said })).status, status, said);
    assert.equal((await site.get(`/restore?id=${id}`, said)).status, status, said);
    assert.equal((await site.get('/restore/job-1', said)).status, status, said);
  }
  assert.deepEqual(wishes, []);
  assert.equal((await site.get('/search', bearer(restoreToken))).status, 403);
  assert.equal((await site.get('/', bearer(restoreToken))).status, 200);
});

test('what is not there, or not configured, is not restored', async (t) => {
  const { wishes, post, key, site } = await open(t);
  for (const [body, status] of [
    [{ account: 'mallory@example.com' }, 400],
    [{ account: alice.account, server: 'elsewhere' }, 400],
    [{ server: 'main' }, 400],
    [{ more: 'x' }, 400],
    [{ folder: 'x'.repeat(1001) }, 400],
  ] as const)
    assert.equal(
      (await post({ id, key: await key(), ...body })).status,
      status,
      JSON.stringify(body).slice(0, 80),
    );
  for (const other of ['000000', '../../etc/passwd', `${id}/99`, `${id}/-1`, '%00%00%00%00%00%00'])
    assert.ok(
      (await site.get(`/restore?id=${encodeURIComponent(other)}`, bearer(restoreToken))).status >= 400,
    );
  assert.equal((await post({ id, key: await key(), folder: 'x'.repeat(20_000) })).status, 413);
  assert.deepEqual(wishes, []);
});

test('nothing is restored where it is not enabled', async (t) => {
  const { site, post, wishes } = await open(t, false);
  assert.equal((await post({ id, key: 'x' })).status, 401);
  for (const said of [bearer(token), bearer(mailToken)])
    assert.equal((await site.get(`/restore?id=${id}`, said)).status, 403);
  assert.doesNotMatch(await (await site.get(`/archives/${id}`, bearer(token))).text(), /href="\/restore/);
  assert.deepEqual(wishes, []);
});
