/** Restores that owners begin: what the daemon itself refuses, whatever the page let through. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { ActiveConfig } from '../../src/daemon/active-config.ts';
import { Restores } from '../../src/daemon/restores.ts';
import { type AccountRef, accountKey } from '../../src/domain/account.ts';
import { Activity } from '../../src/watch/daemon-state.ts';
import { noSecrets } from '../config/files.ts';
import { alice, bob, digest, manifest, numbered } from '../contract/catalog-samples.ts';
import { openSite, withTokens } from '../web/page-server.ts';

interface World {
  readonly restores: Restores;
  start(ids: readonly string[], owner: AccountRef | null): string;
  idOf(account: AccountRef): string;
}

async function world(t: TestContext): Promise<World> {
  const { dir, app } = await openSite(t, withTokens);
  const idOf = (account: AccountRef): string => digest(accountKey(account));
  for (const account of [alice, bob])
    await app.catalog.addArchive(
      manifest(numbered(1, 2), { ...account, id: digest(accountKey(account)) }),
      `${account.account}.json`,
      null,
    );
  const write = (): void => undefined;
  const log = { debug: write, info: write, warn: write, error: write };
  const { catalog, locks, clock } = app;
  const signal = new AbortController().signal;
  const shared = { catalog, locks, log, signal, clock, throttled: () => undefined };
  const active = await ActiveConfig.open(await loadConfig(join(dir, 'mothball.yaml'), noSecrets), shared);
  t.after(() => active.close());
  const restores = new Restores({ active: () => active, activity: new Activity(clock), log });
  return {
    restores,
    idOf,
    start: (ids, owner) => restores.start({ ids, owner, account: owner, folder: 'Restored', who: 'a test' }),
  };
}

test('mail of another account in the wish of an owner ends it before a login', async (t) => {
  const { restores, start, idOf } = await world(t);
  for (const ids of [[`${idOf(bob)}/0`], [`${idOf(alice)}/0`, `${idOf(bob)}/1`], [idOf(bob)]]) {
    const id = start(ids, alice);
    await restores.ended();
    const job = restores.job(id);
    assert.deepEqual([job?.state, job?.fault, job?.counts], ['failed', 'refused', null]);
    assert.match(
      job?.lines[0] ?? '',
      /not all of it is mail of alice@example\.com on main; nothing was restored/,
    );
  }
  const own = start([`${idOf(alice)}/0`], alice);
  await restores.ended();
  // Nothing listens there: this one got as far as its mail server.
  assert.equal(restores.job(own)?.fault, 'connect');
});

test('one owner may have two restores waiting, all owners six, and admins have the rest', async (t) => {
  const { restores, start, idOf } = await world(t);
  const owner = (number: number): AccountRef => ({ server: 'main', account: `owner ${number}` });
  const one = [`${idOf(alice)}/0`];
  for (const number of [1, 1, 2, 2, 3, 3]) start(one, owner(number));
  for (const number of [1, 4])
    assert.throws(() => start(one, owner(number)), {
      code: 'refused',
      message: /^too many restores wait or run already; this one was not started/,
    });
  for (let more = 0; more < 4; more++) start(one, null);
  assert.throws(() => start(one, null), { code: 'refused' });
  await restores.ended();
});

test('owners push no restore of an admin off the list', async (t) => {
  const { restores, start, idOf } = await world(t);
  const kept = start([`${idOf(alice)}/0`], null);
  await restores.ended();
  for (let index = 0; index < 51; index++) {
    start([`${idOf(alice)}/0`], bob);
    await restores.ended();
  }
  assert.equal(restores.job(kept)?.id, kept);
});
