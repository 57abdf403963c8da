import assert from 'node:assert/strict';
import test from 'node:test';
import type { Sha256 } from '../../src/domain/brands.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import type { MessageQuery } from '../../src/ports/records.ts';
import { alice, day, digest, manifest, message } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

const mine = manifest(
  [
    message(1, { subject: 'offer', from: 'Ann <ann@firma.example>' }),
    message(2, { subject: 'lunch' }),
    message(3, { subject: 'holiday', from: 'Ann <ann@firma.example>' }),
  ],
  { indexText: true },
);
const texts = [
  { line: 0, body: 'the price of ten apples', attachments: 'price list pdf', attached: 1 },
  { line: 1, body: 'apples and soup', attachments: '', attached: 0 },
];

/** `uids` newest first; the third message has no text in the index. */
const cases: readonly (readonly [what: string, query: MessageQuery, uids: readonly number[]])[] = [
  ['a word of the text', { words: ['apples'] }, [2, 1]],
  ['a word of text and one of the subject', { words: ['apples', 'lunch'] }, [2]],
  ['a phrase of the text', { words: ['ten apples'] }, [1]],
  ['the words in another order', { words: ['apples ten'] }, []],
  ['text only', { body: ['price'] }, [1]],
  ['the subject is no text', { body: ['offer'] }, []],
  ['an attachment by its name', { attachment: ['list.pdf'] }, [1]],
  ['the text is no attachment', { attachment: ['apples'] }, []],
  ['two fields', { from: ['ann'], body: ['apples'] }, [1]],
  ['with attachments', { attached: true }, [1]],
  ['without attachments, where that is known', { attached: false }, [2]],
  ['without a word of the text', { without: { words: ['soup'] } }, [3, 1]],
  ['without a word of text or header', { without: { words: ['soup', 'holiday'] } }, [1]],
  ['without an attachment of a name', { without: { attachment: ['pdf'] } }, [3, 2]],
  ['text or subject', { either: [[{ body: ['soup'] }, { subject: ['offer'] }]] }, [2, 1]],
  ['many words', { words: Array.from({ length: 200 }, () => 'apples') }, [2, 1]],
  ['a header only', { subject: ['offer'] }, [1]],
  ['another folder', { notFolders: ['INBOX'] }, []],
  ['not these folders', { notFolders: ['Sent', 'Drafts'] }, [3, 2, 1]],
  ['a page', { words: ['apples'], limit: 1, offset: 1 }, [1]],
];

/** What is written in archived mail. */
export function textContract(name: string, make: MakeCatalog): void {
  const uids = async (catalog: Catalog, query: MessageQuery): Promise<readonly number[]> =>
    (await catalog.search(query)).map(({ uid }) => uid);

  test(`${name}: text and names of attachments are found where they are indexed`, async (t) => {
    const catalog = await make(t);
    await catalog.addArchive(mine, 'm', null);
    for (const query of [{ words: ['apples'] }, { body: ['price'] }, { attached: true }])
      assert.deepEqual(await catalog.search(query), [], 'nothing is indexed');
    await catalog.addTexts(mine.head.id, texts);
    for (const [what, query, found] of cases) {
      assert.deepEqual(await uids(catalog, query), found, what);
      const { limit: _, offset: __, ...whole } = query;
      const messages = (await uids(catalog, whole)).length;
      assert.deepEqual(await catalog.countFound(query), { messages, more: false }, what);
      const lines = (await catalog.findLines({ ...query })).flatMap(({ lines: some }) => some);
      if (query.limit === undefined)
        assert.deepEqual(lines, found.map((uid) => uid - 1).toReversed(), `${what}, as a selection`);
    }
  });

  test(`${name}: what is wanted, and not indexed yet, is known; each line gets its text once`, async (t) => {
    const catalog = await make(t);
    const plain = manifest([message(9)], { folder: 'Sent' });
    const { id } = mine.head;
    await catalog.addArchive(mine, 'm', null);
    await catalog.addArchive(plain, 'p', null);
    assert.deepEqual(
      [await catalog.textState(id), await catalog.textState(plain.head.id)],
      ['wanted', 'none'],
    );
    assert.equal(await catalog.textState(digest('nothing')), null);
    assert.deepEqual(await catalog.textWanted(alice), [], 'it is not verified');
    await catalog.markVerified(id, day(3), false);
    assert.deepEqual(await idsWanted(catalog), [id]);
    await catalog.addTexts(id, texts);
    assert.deepEqual(await catalog.linesWithoutText(id), [2]);
    await catalog.addTexts(id, [{ line: 0, body: 'another', attachments: '', attached: 0 }]);
    assert.deepEqual(await uids(catalog, { words: ['another'] }), []);
    assert.deepEqual(await uids(catalog, { words: ['apples'] }), [2, 1]);
    for (const state of ['indexed', 'failed', 'none'] as const) {
      await catalog.setTextState(id, state);
      assert.deepEqual([await catalog.textState(id), await idsWanted(catalog)], [state, []]);
    }
  });

  test(`${name}: the text of an archive is forgotten with its messages, and comes back only when it is read again`, async (t) => {
    const catalog = await make(t);
    const { id } = mine.head;
    await catalog.addArchive(mine, 'm', null);
    await catalog.markVerified(id, day(3), true);
    await catalog.addTexts(id, texts);
    await catalog.setTextState(id, 'indexed');
    // A line whose deletion is open outlives its archive, what is written in it does not.
    await catalog.setDeleteState(id, [0], { state: 'deleting', at: day(4), reason: null });
    await catalog.setArchiveState(id, 'expired', 'its time is over');
    assert.deepEqual(await uids(catalog, { words: ['apples'] }), []);
    await catalog.forgetMessages(id);
    await catalog.addTexts(id, texts);
    await catalog.setTextState(id, 'indexed');
    await catalog.addArchive(mine, 'm', null, { origin: 'sealed' });
    assert.equal(await catalog.textState(id), 'wanted');
    assert.deepEqual(await catalog.linesWithoutText(id), [0, 1, 2]);
    assert.deepEqual(await uids(catalog, { words: ['apples'] }), []);
    await catalog.addTexts(id, [{ line: 2, body: 'sun and sea', attachments: '', attached: 0 }]);
    assert.deepEqual(await uids(catalog, { words: ['sea'] }), [3]);
  });
}

async function idsWanted(catalog: Catalog): Promise<readonly Sha256[]> {
  return (await catalog.textWanted(alice)).map(({ id }) => id);
}
