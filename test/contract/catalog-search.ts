import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes, uidValidity } from '../../src/domain/brands.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import type { MessageQuery } from '../../src/ports/records.ts';
import { alice, bob, day, manifest, message } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';
import { hostile } from './hostile-queries.ts';

const messages = [
  message(1, {
    subject: 'Faktura za ŁÓDŹ',
    from: 'Zażółć Gęślą <jazn@firma.example>',
    date: day(20).toISOString(),
  }),
  message(2, {
    subject: 'Re: quarterly REPORT',
    from: 'Élan Vital <elan@firma.example>',
    size: bytes(5_000_000),
  }),
  message(3, { subject: null, to: null, internalDate: day(10).toISOString() }),
  message(4, { subject: 'NOT a report AND more', date: day(15).toISOString() }),
];
const mine = manifest(messages);
const bobs = manifest([message(50, { subject: 'invoice' })], {
  ...bob,
  folder: 'Sent',
  uidValidity: uidValidity(9),
});

const cases: readonly {
  readonly what: string;
  readonly query: MessageQuery;
  readonly uids: readonly number[];
}[] = [
  { what: 'no condition, newest first', query: {}, uids: [1, 4, 3, 50, 2] },
  { what: 'a limit', query: { limit: 2 }, uids: [1, 4] },
  { what: 'the start of a word', query: { words: ['quart'] }, uids: [2] },
  { what: 'two letters, which are no start', query: { words: ['qu'] }, uids: [] },
  { what: 'two letters, which are a word', query: { words: ['re'] }, uids: [2] },
  {
    what: 'without words of one or two letters',
    query: { without: { words: ['q', 'fa'] } },
    uids: [1, 4, 3, 50, 2],
  },
  { what: 'the middle of a word', query: { words: ['arterly'] }, uids: [] },
  { what: 'without a word', query: { without: { words: ['report'] } }, uids: [1, 3, 50] },
  {
    what: 'a word without another, and without a sender',
    query: { words: ['report'], without: { subject: ['quarterly'], from: ['nobody'] } },
    uids: [4],
  },
  {
    what: 'without nothing that can be looked for',
    query: { without: { words: ['-'] } },
    uids: [1, 4, 3, 50, 2],
  },
  { what: 'any case', query: { words: ['REPORT'] }, uids: [4, 2] },
  { what: 'any accent', query: { words: ['zazolc', 'gesla', 'lodz'] }, uids: [1] },
  { what: 'accents in the query', query: { words: ['Łódź', 'faktüra'] }, uids: [1] },
  { what: 'every word', query: { words: ['report', 'quarterly'] }, uids: [2] },
  { what: 'words of two fields', query: { words: ['elan', 'report'] }, uids: [2] },
  { what: 'an address', query: { words: ['elan@firma.example'] }, uids: [2] },
  { what: 'a sender', query: { from: ['firma'] }, uids: [1, 2] },
  { what: 'a sender is no subject', query: { subject: ['firma'] }, uids: [] },
  { what: 'a recipient', query: { to: ['alice'], words: ['faktura'] }, uids: [1] },
  {
    what: 'a recipient that is missing',
    query: { to: ['alice'], since: day(10), before: day(11) },
    uids: [],
  },
  { what: 'a stray dash', query: { words: ['quarterly', '-', 'report'] }, uids: [2] },
  { what: 'nothing but a dash', query: { words: ['-'] }, uids: [] },
  { what: 'a Message-ID', query: { messageId: '<3@example.com>' }, uids: [3] },
  { what: 'a Message-ID without brackets', query: { messageId: '3@example.com' }, uids: [3] },
  { what: 'accounts', query: { accounts: [bob] }, uids: [50] },
  { what: 'no account', query: { accounts: [] }, uids: [] },
  { what: 'two accounts', query: { accounts: [bob, alice], words: ['invoice'] }, uids: [50] },
  { what: 'a folder', query: { folder: 'Sent' }, uids: [50] },
  { what: 'since a day', query: { since: day(15) }, uids: [1, 4] },
  { what: 'before a day', query: { before: day(15), accounts: [alice] }, uids: [3, 2] },
  { what: 'larger', query: { larger: bytes(5000) }, uids: [2] },
  { what: 'smaller', query: { smaller: bytes(1003) }, uids: [1] },
  { what: 'an archive', query: { archive: bobs.head.id }, uids: [50] },
  {
    what: 'one of two words',
    query: { either: [[{ words: ['faktura'] }, { subject: ['quarterly'] }]] },
    uids: [1, 2],
  },
  {
    what: 'one of two, and another word',
    query: { words: ['more'], either: [[{ words: ['report'] }, { words: ['-'] }]] },
    uids: [4],
  },
  {
    what: 'one of two, twice, without a word',
    query: {
      either: [
        [{ words: ['report'] }, { words: ['faktura'] }],
        [{ from: ['elan'] }, { subject: ['more'] }],
      ],
      without: { words: ['not'] },
    },
    uids: [2],
  },
  { what: 'one of nothing', query: { either: [[{ words: ['-'] }]] }, uids: [] },
  {
    what: 'all at once',
    query: { words: ['report'], from: ['elan'], larger: bytes(1), limit: 5 },
    uids: [2],
  },
];

/** Search over what is archived. */
export function searchContract(name: string, make: MakeCatalog): void {
  test(`${name}: search finds what fulfils every condition`, async (t) => {
    const catalog = await filled(make, t);
    for (const { what, query, uids } of cases) {
      assert.deepEqual(
        (await catalog.search(query)).map((row) => row.uid),
        uids,
        what,
      );
      const { limit: _, ...whole } = query;
      const all = await catalog.search(whole);
      assert.deepEqual(await catalog.countFound(query), { messages: all.length, more: false }, what);
    }
  });

  test(`${name}: a found message tells all that is known of it`, async (t) => {
    const catalog = await filled(make, t);
    const [line] = messages;
    const [found] = await catalog.search({ words: ['faktura'] });
    assert.ok(found !== undefined && Number.isSafeInteger(found.n));
    assert.deepEqual(found, {
      id: `${mine.head.id}/0`,
      archive: mine.head.id,
      line: 0,
      ...alice,
      folder: 'INBOX',
      uid: 1,
      sha256: line?.sha256,
      internalDate: day(1),
      date: day(20),
      from: line?.from,
      to: line?.to,
      subject: line?.subject,
      messageId: '<1@example.com>',
      bytes: 1001,
      flags: line?.flags,
      cut: [],
      n: found.n,
    });
  });

  test(`${name}: no query is understood as a language`, async (t) => {
    const catalog = await filled(make, t);
    for (const word of hostile) {
      for (const query of [
        { words: [word] },
        { subject: ['report', word] },
        { from: [word] },
        { messageId: word },
      ]) {
        const rows = await catalog.search(query);
        assert.ok(rows.length <= 2, JSON.stringify([word.slice(0, 40), rows.length]));
      }
    }
    assert.deepEqual(
      (await catalog.search({ words: ['NOT'] })).map((row) => row.uid),
      [4],
    );
    assert.equal((await catalog.search({})).length, 5);
  });

  test(`${name}: quarantined archives are searched, expired ones are not`, async (t) => {
    const catalog = await filled(make, t);
    await catalog.setArchiveState(mine.head.id, 'quarantined', 'unreadable');
    assert.equal((await catalog.search({ words: ['report'] })).length, 2);
    await catalog.setArchiveState(mine.head.id, 'expired', 'retain: 5y');
    assert.deepEqual(
      (await catalog.search({})).map((row) => row.uid),
      [50],
    );
    assert.deepEqual(await catalog.search({ words: ['report'] }), []);
    assert.deepEqual(await catalog.countFound({ words: ['report'] }), { messages: 0, more: false });
    assert.deepEqual(await catalog.countFound({}), { messages: 1, more: false });
  });
}

async function filled(make: MakeCatalog, t: Parameters<MakeCatalog>[0]): Promise<Catalog> {
  const catalog = await make(t);
  await catalog.addArchive(mine, 'm1', null);
  await catalog.addArchive(bobs, 'm2', null);
  return catalog;
}
