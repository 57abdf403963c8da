/** How long search and a page take in PostgreSQL: `npm run bench:postgres -- 1000000`. */
import { openPostgres } from '../../src/catalog/postgres/open.ts';
import { startPostgres } from '../servers/postgres.ts';

const count = Number(process.argv[2] ?? 300_000);
await using server = await startPostgres({
  settings: { shared_buffers: "'512MB'", work_mem: "'16MB'", fsync: 'on' },
});
await server.database('bench');
const settings = {
  host: server.directory,
  port: server.port,
  user: server.user,
  database: 'bench',
  password: null,
  tls: null,
  poolSize: 4,
  statementTimeoutMs: 600_000,
};
const { catalog } = await openPostgres(settings, { mode: 'create' });
const began = performance.now();
await server.sql(
  'bench',
  `INSERT INTO folders (id, server, account, folder, uid_validity) SELECT n, 'main', 'user' || n, 'INBOX', 1 FROM generate_series(1, 100) n;
   INSERT INTO archives (n, id, folder_id, store, key, manifest_key, manifest_sha256, policy, policy_hash, run, format, compression, messages, bytes, stored_bytes, created, state, origin)
     SELECT n, encode(sha256(n::text::bytea), 'hex'), 1 + n % 100, 'local', 'k' || n, 'm' || n, encode(sha256(n::text::bytea), 'hex'), 'old', 'h', 'r', 'mbox', 'zstd', 1000, 1000000, 1000, n, 'verified', 'sealed' FROM generate_series(1, ${count / 1000}) n;
   INSERT INTO lines (n, archive_n, line, folder_id, uid, sha256, header_sha256, size, internal_date, date, flags, message_id, sender, recipients, subject, crlf, added_newline, size_mismatch, frame_offset, frame_length, stored_offset, stored_length)
     SELECT n, 1 + n / 1000, n % 1000, 1 + (n / 1000) % 100, n, sha256(n::text::bytea), sha256(n::text::bytea), 5000, 1500000000000 + n::bigint * 60000, 1500000000000 + n::bigint * 60000, '[]', '<' || n || '@x>',
       'Person ' || n % 5000, 'someone', CASE WHEN n % 6 = 0 THEN 'report ' ELSE 'note ' END || n, 1, 0, 0, 0, 1, 0, 1 FROM generate_series(0, ${count - 1}) n;
   INSERT INTO lines_text SELECT n, array_to_tsvector(ARRAY['person', 'p' || n % 5000]), array_to_tsvector(ARRAY['someone']),
     to_tsvector('simple', CASE WHEN n % 6 = 0 THEN 'report ' ELSE 'note ' END || n) FROM generate_series(0, ${count - 1}) n;
   ANALYZE;`,
);
console.log(`${count} messages in ${((performance.now() - began) / 1000).toFixed(1)} s`);
const queries = {
  rare: { words: [`${count - 7}`], limit: 100 },
  common: { words: ['report'], limit: 100 },
  'common, far page': { words: ['report'], limit: 100, offset: count / 20 },
  'from: rare': { from: ['p77'], limit: 100 },
  'subject: common': { subject: ['report'], limit: 100 },
  'two words': { words: ['report', '12'], limit: 100 },
  miss: { words: ['nowhere'], limit: 100 },
  'no words': { limit: 100 },
  larger: { larger: 6000 as never, limit: 100 },
};
for (const [name, query] of Object.entries(queries)) {
  const times: number[] = [];
  let found = 0;
  for (let round = 0; round < 5; round += 1) {
    const start = performance.now();
    found = (await catalog.search(query)).length;
    times.push(performance.now() - start);
  }
  console.log(`${name}: ${found} found, median ${times.toSorted((a, b) => a - b)[2]?.toFixed(1)} ms`);
}
const start = performance.now();
await catalog.archivePage({}, { limit: 50, offset: 0 });
console.log(`a page of archives: ${(performance.now() - start).toFixed(1)} ms`);
await catalog[Symbol.asyncDispose]();
