/** Pages while a store says nothing, and of names that no URL can hold. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Store } from '../../src/ports/store.ts';
import { StoreGate } from '../../src/preflight/store-gate.ts';
import { localStore } from '../../src/store/local.ts';
import type { WebSource } from '../../src/web/source.ts';
import { digest, manifest, message } from '../contract/catalog-samples.ts';
import { bearer, mailToken, openSite, token, withTokens } from './page-server.ts';

test('a store that says nothing for ever holds up no page, and only its own page asks it', async (t) => {
  const asked: string[] = [];
  const hanging: Store = new Proxy(localStore({ name: 'local', path: '/nowhere', ephemeral: true }), {
    get(store, name) {
      if (name === 'name' || name === 'kind') return Reflect.get(store, name);
      return () => {
        asked.push(String(name));
        return new Promise(() => undefined);
      };
    },
  });
  const daemon: { -readonly [K in keyof WebSource]?: WebSource[K] } = {};
  const stores = { stores: { local: { type: 'local', path: './store' } } };
  const { app, get } = await openSite(t, withTokens, '127.0.0.1', () => stores, daemon);
  const { catalog, clock } = app;
  daemon.gate = new StoreGate({
    stores: new Map([['local', hanging]]),
    catalog,
    clock,
    warn: () => undefined,
  });
  daemon.disabledStores = () => [];
  for (const path of ['/', '/policies', '/accounts', '/api/v1/status']) {
    const response = await get(path, bearer(token));
    assert.equal(response.status, 200, path);
    await response.text();
  }
  assert.deepEqual(asked, []);
  const page = await get('/stores', bearer(token));
  assert.equal(page.status, 200);
  assert.match(await page.text(), /local/);
  assert.ok(asked.length > 0);
});

test('names with halves of surrogate pairs, as a forger writes them, fail no page', async (t) => {
  const { app, get } = await openSite(t, withTokens);
  const half = { server: 'main', account: 'a\ud800', folder: 'f\udfff', policy: 'p\ud801', run: 'r\ud802' };
  const line = message(1, { subject: 's\ud803 invoice', from: '\udffe', sha256: digest('1') });
  const forged = manifest([line], half);
  await app.catalog.addArchive(forged, 'x', null);
  for (const path of [
    '/',
    '/accounts',
    '/policies',
    '/archives',
    `/archives/${forged.head.id}`,
    '/search?q=invoice',
    '/api/v1/search?q=invoice',
    '/api/v1/archives',
  ]) {
    const response = await get(path, bearer(mailToken));
    assert.equal(response.status, 200, path);
    new TextDecoder('utf-8', { fatal: true }).decode(await response.arrayBuffer());
  }
});
