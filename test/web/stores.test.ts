/** The page of the stores, and accounts that only wait. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { alice, digest, manifest, numbered } from '../contract/catalog-samples.ts';
import { bearer, openSite, type TestSite, token, withTokens } from './page-server.ts';

function site(t: TestContext): Promise<TestSite> {
  return openSite(t, withTokens, '127.0.0.1', () => ({
    stores: { local: { type: 'local', path: './store' } },
  }));
}

async function text(open: TestSite, path: string): Promise<string> {
  const response = await open.get(path, bearer(token));
  const body = (await response.text()).replaceAll(/\s+/g, ' ');
  assert.equal(response.status, 200, body);
  return body;
}

const plain = (page: string): string => page.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');

interface Stores {
  readonly stores: readonly Record<string, unknown>[];
}

test('a store shows its size, growth, free space, owner, and what is not verified or is quarantined', async (t) => {
  const open = await site(t);
  const { catalog, gate } = open.app;
  await gate.open('local');
  const now = new Date();
  const old = manifest(numbered(1, 2), { id: digest('old'), bytes: bytes(7000) });
  const young = manifest(numbered(3, 5), { id: digest('young'), created: now.toISOString() });
  const bad = manifest(numbered(6, 6), { id: digest('bad'), created: now.toISOString() });
  for (const one of [old, young, bad]) await catalog.addArchive(one, `${one.head.id}.json`, null);
  await catalog.setArchiveState(bad.head.id, 'quarantined', 'it differs');
  await catalog.setDone('scrubbed local', now);
  const page = plain(await text(open, '/stores'));
  assert.match(page, /local quarantined 3 /);
  assert.match(page, /3 archives of 6 messages/);
  assert.match(page, /2 archives, 9\.8 KiB in 30 days/);
  assert.match(page, /Not verified 2 archives ; the oldest is from 2024-01-02/);
  assert.match(page, /Quarantined 1 archive /);
  assert.match(page, /Written by this database/);
  const { stores } = (await (await open.get('/api/v1/stores', bearer(token))).json()) as Stores;
  const [found] = stores;
  assert.deepEqual(found?.['unverified'], {
    archives: 2,
    oldest: old.head.created,
    id: old.head.id,
  });
  assert.deepEqual(
    [found?.['archives'], found?.['quarantined'], found?.['scrubbed'], found?.['marker']],
    [3, 1, now.toISOString(), await catalog.storeMarker('local')],
  );
  assert.ok(Number(found?.['freeBytes']) > 0);
  const csv = (await (await open.get('/stores.csv', bearer(token))).text()).trimEnd().split('\r\n');
  assert.match(csv[1] ?? '', /^local,local,,3,6,/);
  assert.match(await text(open, '/'), /href="\/stores"[^>]*><span>Stores<\/span> <strong>1 of 1 unsound/);
});

test('a store that nothing was written to yet is shown without figures', async (t) => {
  const open = await site(t);
  const page = plain(await text(open, '/stores'));
  assert.match(page, /Last scrub never/);
  assert.match(page, /Not verified none/);
  assert.match(page, /Marker none: no run has used it yet/);
  assert.equal((await open.get('/stores')).status, 401);
  assert.equal((await open.get('/stores.csv')).status, 401);
});

test('a paused account is named once, as waiting, also where its scan failed by the pause', async (t) => {
  const open = await site(t);
  const { catalog } = open.app;
  const since = new Date(Date.now() - 60_000);
  const until = new Date(Date.now() + 3_600_000);
  const words = 'slow down';
  await catalog.pauseAccount({ ...alice, kind: 'budget', words, times: 1, since, until });
  await catalog.addScan({ ...alice, at: new Date(), error: `paused: ${words}` }, [], null);
  const postponed = [{ ...alice, reason: `paused until later: ${words}`, until }];
  const reload = { ok: true, at: since, problems: [] };
  const state = { jobs: [], waiting: 0, postponed, reload, stopping: false, leader: true };
  await catalog.heartbeat({
    id: 'd',
    host: 'h',
    pid: 1,
    started: since,
    seen: new Date(),
    state: JSON.stringify(state),
  });
  const page = await text(open, '/');
  assert.match(plain(page), /Needs attention ok Nothing failed/);
  assert.equal(page.split(words).length, 2);
  assert.match(page.slice(page.indexOf('id="waiting"')), /slow down/);
  // What failed before the pause is a failure of its own.
  await catalog.addScan({ ...alice, at: new Date(since.getTime() - 1), error: 'wrong password' }, [], null);
  assert.match(plain(await text(open, '/')), /Needs attention .*wrong password/);
});
