import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import type { FolderSample, QuotaSample } from '../../src/ports/watch.ts';
import { day } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

/** Scans that end at the same time, which are recorded together. */
export function scanContract(name: string, make: MakeCatalog): void {
  const users = Array.from({ length: 150 }, (_, index) => ({ server: 'main', account: `user${index}` }));
  const rootOf = (index: number, at: Date, usedBytes: number): QuotaSample => {
    const limits = { limitBytes: bytes(1000), usedMessages: null, limitMessages: null };
    return { ...userOf(index), root: 'root', at, usedBytes: bytes(usedBytes), ...limits };
  };
  const folderOf = (index: number, path: string, at: Date, messages: number): FolderSample => ({
    ...userOf(index),
    path,
    at,
    messages,
    bytes: bytes(messages * 10),
  });
  const userOf = (index: number): (typeof users)[number] => users[index] ?? assert.fail('no such user');

  test(`${name}: scans that end at the same time are each recorded as if alone`, async (t) => {
    const catalog = await make(t);
    const scan = (index: number, at: Date): Promise<void> =>
      catalog.addScan(
        { ...userOf(index), at, error: index % 7 === 0 ? `refused ${index}` : null },
        [rootOf(index, at, index)],
        index % 3 === 0 ? null : [folderOf(index, 'INBOX', at, index), folderOf(index, 'Sent', at, 1)],
      );
    await Promise.all(users.map((_, index) => scan(index, day(1))));
    assert.equal((await catalog.scans()).length, users.length);
    for (const index of [0, 1, 7, 66, 149]) {
      const expected = index % 7 === 0 ? `refused ${index}` : null;
      const found = (await catalog.scans()).find(({ account }) => account === userOf(index).account);
      assert.deepEqual(found, { ...userOf(index), at: day(1), error: expected });
      assert.deepEqual(await catalog.samples(userOf(index), day(1)), [rootOf(index, day(1), index)]);
      const folders = [folderOf(index, 'INBOX', day(1), index), folderOf(index, 'Sent', day(1), 1)];
      assert.deepEqual(await catalog.folderSamples(userOf(index)), index % 3 === 0 ? [] : folders);
    }
  });

  test(`${name}: two scans of one account that end together are recorded in their order`, async (t) => {
    const catalog = await make(t);
    const all = [1, 2, 3].map((number) =>
      catalog.addScan(
        { ...userOf(0), at: day(number), error: null },
        [rootOf(0, day(number), number), rootOf(0, day(number), number * 10)],
        [folderOf(0, `at ${number}`, day(number), 1), folderOf(0, `at ${number}`, day(number), number)],
      ),
    );
    await Promise.all(all);
    assert.deepEqual(await catalog.newestSamples(), [rootOf(0, day(3), 30)], 'the last of two of one name');
    assert.deepEqual(await catalog.folderSamples(userOf(0)), [folderOf(0, 'at 3', day(3), 3)]);
    await catalog.addScan({ ...userOf(0), at: day(1), error: null }, [rootOf(0, day(1), 5)], null);
    assert.deepEqual(await catalog.newestSamples(), [rootOf(0, day(3), 30)], 'an older one replaces none');
  });

  test(`${name}: of scans that end together the one that can't be recorded fails alone`, async (t) => {
    const catalog = await make(t);
    const unknown = { ...folderOf(1, 'INBOX', day(1), 1), messages: Number.NaN };
    const ended = await Promise.allSettled([
      catalog.addScan({ ...userOf(0), at: day(1), error: null }, [], null),
      catalog.addScan({ ...userOf(1), at: day(1), error: null }, [], [unknown]),
      catalog.addScan({ ...userOf(2), at: day(1), error: null }, [], null),
    ]);
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    const recorded = (await catalog.scans()).map(({ account }) => account);
    assert.deepEqual(recorded, [userOf(0).account, userOf(2).account]);
  });
}
