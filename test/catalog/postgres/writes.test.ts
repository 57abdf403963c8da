import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'node:test';
import { startPostgres } from '../../servers/postgres.ts';
import { alice, day, manifest, message, numbered } from '../../contract/catalog-samples.ts';
import { freshDatabase, openedPostgres, settingsOf, sharedPostgres } from './database.ts';

/** Ends every connection to a database but the own. */
const endAll = (database: string): string =>
  `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '${database}' AND pid <> pg_backend_pid()`;

test('connections that the server ends again and again cost no record and double none', async (t) => {
  const settings = await freshDatabase();
  const server = await sharedPostgres();
  const { catalog } = await openedPostgres(t, settings);
  const stop = new AbortController();
  const breaking = (async () => {
    while (!stop.signal.aborted) {
      await server.sql('postgres', endAll(settings.database));
      await sleep(40);
    }
  })();
  const written: string[] = [];
  for (let n = 0; n < 60; n += 1) {
    await catalog.addAudit({ at: day(1), who: 'test', action: 'count', account: null, detail: String(n) });
    written.push(String(n));
    assert.deepEqual(await catalog.archives(), []);
  }
  stop.abort();
  await breaking;
  const found = await server.sql(
    settings.database,
    "SELECT detail FROM audit WHERE action = 'count' ORDER BY detail::int",
  );
  assert.deepEqual(found.trim().split('\n'), written);
});

test('a server that is killed and comes back is waited for', async (t) => {
  await using server = await startPostgres();
  await server.database('catalog');
  const settings = settingsOf(server, 'catalog');
  const { catalog } = await openedPostgres(t, settings);
  await catalog.setStoreMarker('local', 'before');
  await server.kill();
  const writing = catalog.setStoreMarker('local', 'after');
  const reading = catalog.storeMarker('other');
  await sleep(500);
  await server.start();
  await writing;
  assert.equal(await reading, null);
  assert.equal(await catalog.storeMarker('local'), 'after');
  await catalog[Symbol.asyncDispose]();
});

test('after a standby took over, writing continues there', async (t) => {
  await using primary = await startPostgres({ settings: { wal_level: 'replica', max_wal_senders: '4' } });
  await primary.database('catalog');
  const { catalog } = await openedPostgres(t, settingsOf(primary, 'catalog'));
  await catalog.setStoreMarker('local', 'one');
  await using standby = await startPostgres({ standbyOf: primary });
  await catalog.setStoreMarker('local', 'two');
  while ((await standby.sql('catalog', 'SELECT marker FROM stores')).trim() !== 'two') await sleep(50);
  await catalog[Symbol.asyncDispose]();
  const later = settingsOf(standby, 'catalog');
  // A standby only reads: nothing is recorded, and nothing deleted, until it is promoted.
  let promoted = false;
  const opening = openedPostgres(t, later).then((found) => {
    assert.ok(promoted);
    return found;
  });
  await sleep(1000);
  await primary.kill();
  promoted = true;
  await standby.promote();
  const { catalog: there } = await opening;
  assert.equal(await there.storeMarker('local'), 'two');
  await there.setStoreMarker('local', 'three');
  await there[Symbol.asyncDispose]();
});

test('two that verify and quarantine one archive at once leave no intent without a verified copy', async (t) => {
  const { catalog } = await openedPostgres(t, await freshDatabase());
  for (let round = 0; round < 10; round += 1) {
    const archive = manifest(numbered(round * 10 + 1, 3));
    const { id } = archive.head;
    await catalog.addArchive(archive, `m${round}`, null);
    await catalog.markVerified(id, day(3), true);
    await Promise.allSettled([
      catalog.setDeleteState(id, [0, 1], { state: 'deleting', at: day(4), reason: null }),
      catalog.setArchiveState(id, 'quarantined', 'bytes differ'),
    ]);
    const deleting = await catalog.deleteEntries(id, ['deleting']);
    const pending = await catalog.deleteEntries(id, ['pending']);
    assert.deepEqual(pending, [], 'quarantine ends what waits');
    // Either the intent came first, and stays to be settled, or it was refused.
    assert.ok(deleting.length === 0 || deleting.length === 2);
  }
});

test('many writers of one row all succeed', async (t) => {
  const { catalog } = await openedPostgres(t, await freshDatabase());
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      catalog.addRestores(
        [
          {
            ...alice,
            folder: 'INBOX',
            uidValidity: null,
            uid: null,
            sha256: message(n + 1).sha256,
            outcome: 'restored',
            detail: null,
            at: day(1),
          },
        ],
        1,
      ),
    ),
  );
  assert.equal((await catalog.eventTotals()).restored, 20);
});
