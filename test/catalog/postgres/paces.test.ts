import assert from 'node:assert/strict';
import test from 'node:test';
import { freshDatabase, openedPostgres, sharedPostgres } from './database.ts';

test('bytes of a server are counted by all processes together', async (t) => {
  const settings = await freshDatabase();
  const [one, two] = [await openedPostgres(t, settings), await openedPostgres(t, settings)];
  assert.equal(await one.locks.pace('main', 600_000_000, 1_000_000), 0, 'the first goes ahead at once');
  const waits = [
    await two.locks.pace('main', 60_000_000, 1_000_000),
    await one.locks.pace('main', 1, 1_000_000),
  ];
  // Ten minutes of the first, then another of the second; the test itself takes less than five.
  assert.ok((waits[0] ?? 0) > 300_000 && (waits[0] ?? 0) <= 600_000, String(waits));
  assert.ok((waits[1] ?? 0) > 360_000 && (waits[1] ?? 0) <= 660_000, String(waits));
  assert.equal(await two.locks.pace('other', 5, 1_000_000), 0, 'another server has a budget of its own');
});

test('of many that take at once each waits for those before it', async (t) => {
  const settings = await freshDatabase();
  const { locks } = await openedPostgres(t, settings);
  const waits = await Promise.all(
    Array.from({ length: 10 }, () => locks.pace('main', 1_000_000_000, 1_000_000)),
  );
  const turns = waits.map((wait) => Math.ceil((wait ?? Number.NaN) / 1_000_000)).toSorted((a, b) => a - b);
  // An hour is the most: 3.6 of these turns.
  assert.deepEqual(turns, [0, 1, 2, 3, 4, 4, 4, 4, 4, 4]);
});

test("a database's clock that was set back holds nobody up for longer than an hour", async (t) => {
  const settings = await freshDatabase();
  const server = await sharedPostgres();
  const { locks } = await openedPostgres(t, settings);
  await server.sql(settings.database, "INSERT INTO paces VALUES ('main', 9000000000000)");
  assert.ok(((await locks.pace('main', 10, 1_000_000)) ?? Number.NaN) <= 3_600_000);
});
