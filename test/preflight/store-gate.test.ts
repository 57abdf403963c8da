import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import { StoreGate } from '../../src/preflight/store-gate.ts';
import { localStore } from '../../src/store/local.ts';

const clock = { now: () => new Date('2026-06-15T12:00:00Z') };

async function place(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gate-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function gateOn(
  directory: string,
  database: string,
  t: TestContext,
  ephemeral = true,
): Promise<StoreGate> {
  const catalog = await openCatalog(join(directory, database), { mode: 'create' });
  t.after(() => catalog[Symbol.asyncDispose]());
  const store = localStore({ name: 'local', path: join(directory, 'archive'), ephemeral });
  return new StoreGate({ stores: new Map([['local', store]]), catalog, clock, warn: () => undefined });
}

test('a new store gets a marker that the catalog knows', async (t) => {
  const directory = await place(t);
  await (await gateOn(directory, 'a.db', t)).open('local');
  await (await gateOn(directory, 'a.db', t)).open('local');
});

test('a run that ended between the marker and its record leaves a store that the next one knows', async (t) => {
  const directory = await place(t);
  const catalog = await openCatalog(join(directory, 'a.db'), { mode: 'create' });
  const store = localStore({ name: 'local', path: join(directory, 'archive'), ephemeral: true });
  const marker = await catalog.planMarker('local', '4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c');
  assert.equal(await catalog.planMarker('local', '00000000-0000-4000-8000-000000000000'), marker);
  await store.writeMarker(marker);
  await catalog[Symbol.asyncDispose]();
  const gate = await gateOn(directory, 'a.db', t);
  assert.deepEqual((await gate.inspect('local')).refusals, []);
  await gate.open('local');
  await (await gateOn(directory, 'a.db', t)).open('local');
});

test('a run that ended before the marker it recorded leaves a store that is new', async (t) => {
  const directory = await place(t);
  const catalog = await openCatalog(join(directory, 'a.db'), { mode: 'create' });
  await catalog.planMarker('local', '4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c');
  await catalog[Symbol.asyncDispose]();
  const gate = await gateOn(directory, 'a.db', t);
  await gate.open('local');
  assert.equal(await gate.find('local').marker(), '4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c');
});

test('a planned marker in a store that somebody else has filled since makes it no known store', async (t) => {
  const directory = await place(t);
  const catalog = await openCatalog(join(directory, 'a.db'), { mode: 'create' });
  const store = localStore({ name: 'local', path: join(directory, 'archive'), ephemeral: true });
  await store.writeMarker(await catalog.planMarker('local', '4b3c1b5e-7a46-4a3f-9a90-0d3a3c1a2b4c'));
  await store.putBytes('a/b/2026/c.manifest.jsonl.zst', new Uint8Array(1));
  await catalog[Symbol.asyncDispose]();
  const gate = await gateOn(directory, 'a.db', t);
  await assert.rejects(gate.open('local'), { code: 'database', message: /reindex/ });
});

test('a store whose marker the catalog does not know is refused, with reindex as the remedy', async (t) => {
  const directory = await place(t);
  await (await gateOn(directory, 'a.db', t)).open('local');
  const gate = await gateOn(directory, 'b.db', t);
  await assert.rejects(gate.open('local'), { code: 'database', message: /reindex/ });
});

test('a store that is not mounted, or another one in its place, is off', async (t) => {
  const directory = await place(t);
  await (await gateOn(directory, 'a.db', t)).open('local');
  await rename(join(directory, 'archive'), join(directory, 'away'));
  await assert.rejects((await gateOn(directory, 'a.db', t)).open('local'), {
    code: 'store',
    message: /not mounted/,
  });
  await mkdir(join(directory, 'archive'));
  await assert.rejects((await gateOn(directory, 'a.db', t)).open('local'), { code: 'store' });
  await rm(join(directory, 'archive'), { recursive: true });
  await (await gateOn(directory, 'other.db', t)).open('local');
  await assert.rejects((await gateOn(directory, 'a.db', t)).open('local'), {
    code: 'store',
    message: /another store/,
  });
});

test('a store found unfit stays off until the next start', async (t) => {
  const directory = await place(t);
  await (await gateOn(directory, 'a.db', t)).open('local');
  await rename(join(directory, 'archive'), join(directory, 'away'));
  const gate = await gateOn(directory, 'a.db', t);
  await assert.rejects(gate.open('local'), { code: 'store' });
  await rename(join(directory, 'away'), join(directory, 'archive'));
  await assert.rejects(gate.open('local'), { code: 'store' });
});

test('a store that the configuration no longer names is told by its name', async (t) => {
  const gate = await gateOn(await place(t), 'a.db', t);
  assert.throws(() => gate.find('cold'), { code: 'store', message: /"cold"/ });
});

test('a person is told what a store promises, and why it would be refused', async (t) => {
  const directory = await place(t);
  const gate = await gateOn(directory, 'a.db', t);
  assert.deepEqual(await gate.inspect('local'), {
    refusals: [],
    warnings: [],
    facts: ['is new: the first run creates and checks it'],
  });
  await assert.rejects(stat(join(directory, 'archive')), { code: 'ENOENT' });
  await gate.open('local');
  const known = await gate.inspect('local');
  assert.deepEqual(known.refusals, []);
  assert.match(
    known.facts.join(),
    /a canary was written and read,refuses a second file of one name,keeps no versions/,
  );
  const stranger = await (await gateOn(directory, 'b.db', t)).inspect('local');
  assert.match(stranger.refusals.join(), /reindex/);
  await rename(join(directory, 'archive'), join(directory, 'away'));
  assert.match((await gate.inspect('local')).refusals.join(), /not mounted/);
});
