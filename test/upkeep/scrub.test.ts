import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import type { ArchiveRecord } from '../../src/ports/records.ts';
import { StoreGate } from '../../src/preflight/store-gate.ts';
import { scrub, type ScrubReport } from '../../src/upkeep/scrub.ts';
import { manifest, message } from '../contract/catalog-samples.ts';
import { expireSite } from '../expire/world.ts';

/** Scrubs one damaged archive, to which this happens while it is read. */
async function scrubbed(
  t: TestContext,
  meanwhile: (catalog: Catalog, id: ArchiveRecord['id']) => Promise<void>,
): Promise<{ readonly report: ScrubReport; readonly record: ArchiveRecord | null }> {
  const { work, add, store } = await expireSite(t, (same) => same);
  const { id } = (await add(1, 10)).head;
  const gate = new StoreGate({
    stores: new Map([['local', store]]),
    catalog: work.catalog,
    clock: work.clock,
    warn: () => undefined,
  });
  const codec = threadedCodec();
  t.after(() => codec.close());
  const catalog: Catalog = {
    ...work.catalog,
    async setArchiveState(...change) {
      await meanwhile(work.catalog, id);
      await work.catalog.setArchiveState(...change);
    },
  };
  const options = { every: { count: 0, unit: 'd' }, maxBytes: 1_000_000 } as const;
  const report = await scrub({ ...work, catalog, codec, gate }, options);
  return { report, record: await work.catalog.archive(id) };
}

test('a damaged archive is quarantined', async (t) => {
  const { report, record } = await scrubbed(t, async () => undefined);
  assert.deepEqual(
    report.read.map(({ result }) => result),
    ['failed'],
  );
  assert.equal(record?.state, 'quarantined');
});

test('an archive that expires while it is read is passed over', async (t) => {
  const { report, record } = await scrubbed(t, (catalog, id) =>
    catalog.setArchiveState(id, 'expired', 'retain: 30d'),
  );
  assert.deepEqual([report.read, report.left, report.unreachable.size], [[], 0, 0]);
  assert.equal(record?.state, 'expired');
});

test('an archive that is stored anew while the old one is read is not quarantined for it', async (t) => {
  const { report, record } = await scrubbed(t, async (catalog, id) => {
    await catalog.setArchiveState(id, 'quarantined', 'damaged');
    await catalog.addArchive(manifest([message(1)], { id, key: 'elsewhere' }), 'elsewhere.m', null);
  });
  assert.deepEqual([report.read, report.unreachable.size], [[], 0]);
  assert.deepEqual([record?.state, record?.manifestKey], ['sealed', 'elsewhere.m']);
});
