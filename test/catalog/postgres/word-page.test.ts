import assert from 'node:assert/strict';
import test from 'node:test';
import { parseQuery } from '../../../src/read/search-query.ts';
import { freshDatabase, openedPostgres, sharedPostgres } from './database.ts';

/** Enough that the newest are a small part, and that a word can have too many hits to look all of them up. */
const count = 45_000;
/**
 * The newest of all have the highest numbers; `old` is in all but the newest, `past` in a few of those; seven
 * lack `most`, and too many to look all of them up lack `newer`, all of them old.
 */
const subject = `'weekly' || CASE WHEN n < 38000 THEN ' old' ELSE '' END || CASE WHEN n % 1000 = 5 THEN ' rare' ELSE '' END
  || CASE WHEN n % 3 = 0 THEN ' third' ELSE '' END || CASE WHEN n < 9000 THEN ' past' ELSE '' END
  || CASE WHEN n % 7000 <> 3 THEN ' most' ELSE '' END || CASE WHEN n >= 20000 THEN ' newer' ELSE '' END`;
const digest = 'sha256(n::text::bytea)';

test('however frequent and however old a word is, PostgreSQL finds the pages that a look at each message finds', async (t) => {
  const settings = await freshDatabase();
  const server = await sharedPostgres();
  const { catalog } = await openedPostgres(t, settings);
  const filled = `INSERT INTO folders (id, server, account, folder, uid_validity) VALUES (1, 'main', 'alice', 'INBOX', 1);
    INSERT INTO archives (n, id, folder_id, store, key, manifest_key, manifest_sha256, policy, policy_hash, run, format, compression, messages, bytes, stored_bytes, created, state, origin)
      VALUES (1, encode(sha256('1'), 'hex'), 1, 'local', 'k', 'm', encode(sha256('1'), 'hex'), 'old', 'h', 'r', 'mbox', 'zstd', 1, 1, 1, 1, 'verified', 'sealed');
    INSERT INTO lines (n, archive_n, line, folder_id, uid, sha256, header_sha256, size, internal_date, flags, subject, crlf, added_newline, size_mismatch, frame_offset, frame_length, stored_offset, stored_length)
      SELECT n, 1, n, 1, n + 1, ${digest}, ${digest}, 1000 + n % 100, 1500000000000 + n * 1000, '[]', ${subject}, 1, 0, 0, 0, 1, 0, 1
      FROM generate_series(0::bigint, ${count - 1}) AS n;
    INSERT INTO lines_text SELECT n, '', '', to_tsvector('simple', subject) FROM lines;
    ANALYZE;`;
  await server.sql(settings.database, filled);
  const check = async (): Promise<void> => {
    for (const [text, condition] of [
      ['weekly', "subject ~ 'weekly'"],
      ['rare', "subject ~ 'rare'"],
      ['old', "subject ~ 'old'"],
      ['past', "subject ~ 'past'"],
      ['nowhere', 'false'],
      ['past third', "subject ~ 'past' AND subject ~ 'third'"],
      ['old third', "subject ~ 'old' AND subject ~ 'third'"],
      ['old rare', "subject ~ 'old' AND subject ~ 'rare'"],
      ['rare OR past', "subject ~ 'rare|past'"],
      ['"old third past"', "subject ~ 'old third past'"],
      ['past -third', "subject ~ 'past' AND subject !~ 'third'"],
      ['-weekly', 'false'],
      ['-most', "subject !~ 'most'"],
      ['weekly -most', "subject !~ 'most'"],
      ['past -most', "subject ~ 'past' AND subject !~ 'most'"],
      ['third -subject:most', "subject ~ 'third' AND subject !~ 'most'"],
      ['-most -third', "subject !~ 'most|third'"],
      ['-newer', "subject !~ 'newer'"],
      ['-newer larger:1095B', "subject !~ 'newer' AND size > 1095"],
      ['old -newer third', "subject ~ 'old' AND subject !~ 'newer' AND subject ~ 'third'"],
      ['-old', "subject !~ 'old'"],
      ['old larger:1095B', "subject ~ 'old' AND size > 1095"],
      ['rare folder:Elsewhere', 'false'],
    ] as const)
      for (const offset of [0, 30]) {
        const found = await catalog.search({ ...parseQuery(text), limit: 20, offset });
        const expected = await server.sql(
          settings.database,
          `SELECT n FROM lines WHERE ${condition} ORDER BY internal_date DESC LIMIT 20 OFFSET ${offset}`,
        );
        assert.equal(found.map(({ n }) => n).join('\n'), expected.trim(), `${text} ${offset}`);
      }
  };
  await check();
  // The same with an index of the text, in which none of these words is.
  await server.sql(
    settings.database,
    `INSERT INTO texts VALUES (1, 0, '', 'other'); INSERT INTO texts_index VALUES (1, 'other', '')`,
  );
  await check();
  const numbers = async (text: string): Promise<readonly number[]> =>
    (await catalog.search({ ...parseQuery(text), limit: 5 })).map(({ n }) => n);
  assert.deepEqual(await numbers('other'), [1]);
  // Those that lack the one word, without the one whose text has the other.
  await server.sql(settings.database, `UPDATE texts_index SET rowid = 3`);
  assert.deepEqual(await numbers('-most -other'), [42_003, 35_003, 28_003, 21_003, 14_003]);
  assert.deepEqual(await numbers('-most -other past'), [7003]);
  assert.deepEqual(await numbers('-body:other -most past'), [7003]);
});
