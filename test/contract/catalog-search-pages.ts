import assert from 'node:assert/strict';
import test from 'node:test';
import { mostCounted } from '../../src/domain/bounds.ts';
import { bytes, uid as asUid, uidValidity } from '../../src/domain/brands.ts';
import type { MessagePlace, MessageQuery } from '../../src/ports/records.ts';
import { bob, day, manifest, message } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

/** Pages of what a search finds. */
export function searchPagesContract(name: string, make: MakeCatalog): void {
  test(`${name}: pages of a common word are those of all its hits, and a selection has the same messages`, async (t) => {
    const catalog = await make(t);
    // More than any rule for rare words covers; the order by date is another than that of the lines.
    const many = Array.from({ length: 5000 }, (_, index) =>
      message(index + 1, {
        subject: index % 2 === 0 ? 'weekly report' : 'lunch',
        date: day((index * 7) % 5003).toISOString(),
      }),
    );
    const half = manifest(many.slice(0, 2500));
    const rest = manifest(many.slice(2500), { ...bob, folder: 'Sent', uidValidity: uidValidity(9) });
    const expired = manifest(
      many.slice(0, 10).map((one) => ({ ...one, uid: asUid(one.uid + 10_000) })),
      { folder: 'Old', uidValidity: uidValidity(10) },
    );
    for (const one of [half, rest, expired]) await catalog.addArchive(one, `${one.head.key}.manifest`, null);
    await catalog.setArchiveState(expired.head.id, 'expired', 'its time is over');
    for (const narrow of [
      {},
      { accounts: [bob] },
      { since: day(100), before: day(4000) },
      { folder: 'Old' },
    ]) {
      const query = { words: ['report'], ...narrow };
      const all = (await catalog.search(query)).map(({ id }) => id);
      for (const [offset, limit] of [
        [0, 10],
        [7, 50],
        [all.length - 5, 50],
        [all.length, 5],
      ] as const) {
        const page = await catalog.search({ ...query, limit, offset: Math.max(0, offset) });
        assert.deepEqual(
          page.map(({ id }) => id),
          all.slice(Math.max(0, offset), Math.max(0, offset) + limit),
          JSON.stringify([narrow, offset, limit]),
        );
      }
      assert.deepEqual(await catalog.countFound({ ...query, limit: 3, offset: 7 }), {
        messages: all.length,
        more: false,
      });
      const selected = (await catalog.findLines(query)).flatMap(({ archive, lines }) =>
        lines.map((line) => `${archive}/${line}`),
      );
      assert.deepEqual(selected.toSorted(), all.toSorted());
    }
    const oftenSaid = { words: Array.from({ length: 150 }, () => 'report') };
    assert.equal((await catalog.search({ ...oftenSaid, limit: 3 })).length, 3);
  });

  test(`${name}: what a search finds is counted, up to a bound`, async (t) => {
    const catalog = await make(t);
    const subjects = ['weekly report', 'lunch', 'holiday'];
    const many = Array.from({ length: mostCounted + 200 }, (_, index) =>
      message(index + 1, {
        subject: `${subjects[index % 3]} ${index < 1500 ? 'early' : 'late'} everywhere`,
        date: day(index % 5003).toISOString(),
      }),
    );
    const most = manifest(many);
    const some = manifest(many.slice(0, 600), { ...bob, folder: 'Sent', uidValidity: uidValidity(9) });
    for (const one of [most, some]) await catalog.addArchive(one, `${one.head.key}.manifest`, null);
    const counts: readonly (readonly [query: MessageQuery, messages: number])[] = [
      [{}, mostCounted + 800],
      [{ words: ['everywhere'] }, mostCounted + 800],
      [{ words: ['report'] }, 3600],
      [{ words: ['late'] }, mostCounted - 1300],
      [{ words: ['late', 'report'] }, 2900],
      [{ words: ['report'], without: { words: ['early'] } }, 2900],
      [{ without: { words: ['report'] } }, 7200],
      [{ accounts: [bob], words: ['everywhere'] }, 600],
      [{ accounts: [bob], words: ['late'] }, 0],
      [{ folder: 'INBOX' }, mostCounted + 200],
      [{ notFolders: ['INBOX'], words: ['report'] }, 200],
      [{ either: [[{ words: ['lunch'] }, { words: ['holiday'] }]] }, 7200],
      [{ words: ['nowhere'] }, 0],
    ];
    for (const [query, messages] of counts) {
      const expected =
        messages > mostCounted ? { messages: mostCounted, more: true } : { messages, more: false };
      assert.deepEqual(await catalog.countFound(query), expected, JSON.stringify(query));
    }
  });

  test(`${name}: pages that each begin after the last message of the one before have all of it, once`, async (t) => {
    const catalog = await make(t);
    // Many of one date, and one without a Date header among them.
    const some = Array.from({ length: 60 }, (_, index) =>
      message(index + 1, {
        subject: index % 3 === 0 ? 'weekly report' : 'lunch',
        size: bytes(1000 + index),
        internalDate: day(3).toISOString(),
        date: index === 20 ? null : day(Math.floor(index / 15)).toISOString(),
      }),
    );
    const one = manifest(some);
    await catalog.addArchive(one, 'm', null);
    const queries: readonly MessageQuery[] = [
      {},
      { words: ['report'] },
      { without: { words: ['report'] } },
      { larger: bytes(1030) },
      { since: day(1), before: day(3) },
    ];
    for (const query of queries) {
      const all = (await catalog.search(query)).map(({ id }) => id);
      const found: string[] = [];
      let after: MessagePlace | null = null;
      for (;;) {
        const page = await catalog.search({ ...query, limit: 4, ...(after === null ? {} : { after }) });
        const last = page.at(-1);
        if (last === undefined) break;
        found.push(...page.map(({ id }) => id));
        after = { date: last.date ?? last.internalDate, n: last.n };
      }
      assert.ok(all.length > 8);
      assert.deepEqual(found, all, JSON.stringify(query));
    }
  });
}
