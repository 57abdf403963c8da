/** Mail of a hundred accounts for the measurement of searches, as SQL that SQLite and PostgreSQL understand. */
const accounts = 100;
const foldersEach = 4;
const archiveSize = 1000;

/** Every account has archives of each of its folders, one after another in time, as runs make them. */
const archive = `(n / ${archiveSize})`;
const turn = `(${archive} / ${accounts})`;
const folder = `(1 + ${archive} % ${accounts} * ${foldersEach} + ${turn} % ${foldersEach})`;
const hours = `((${turn} / ${foldersEach} * ${archiveSize} + n % ${archiveSize}) * CASE WHEN ${turn} % ${foldersEach} < 2 THEN 2 ELSE 3 END)`;
const date = `(1500000000000 + ${hours} * 3600000 + ${archive} % ${accounts} * 60000)`;

/** Words that one message in 1, 6, 50, 1000 and one alone has. */
export const subject = `(CASE WHEN n % 6 = 0 THEN 'report' ELSE 'note' END || ' fifty' || ((n / 1000 * 17 + n) % 50) || ' thousand' || (n % 997) || ' only' || n)`;
export const sender = `('person p' || (n % 5000) || ' example org')`;
export const recipients = `('someone' || (n % 20) || ' example com')`;
export const body = `('dear all this text hundred' || (n % 97) || ' tenth' || ((n / 1000 * 3 + n) % 10) || ' rare' || (n % 4999) || ' alone' || n || ' regards')`;
/** One in ten. */
export const attached = `(CASE WHEN (n / 1000 * 3 + n) % 10 = 0 THEN 1 ELSE 0 END)`;
export const attachments = `(CASE WHEN ${attached} = 1 THEN 'invoice' || (n % 333) || ' pdf' ELSE '' END)`;

/** What the two databases say differently. */
export interface Dialect {
  /** For FROM: the numbers `n` from the first to below the end. */
  numbers(first: number, end: number): string;
  readonly digest: string;
  readonly hexDigest: string;
}

/** Folders, archives and lines, without the index of words. */
export function rowsOf(count: number, { numbers, digest, hexDigest }: Dialect): readonly string[] {
  return [
    `INSERT INTO folders (id, server, account, folder, uid_validity)
       SELECT n + 1, 'main', 'user' || (n / ${foldersEach}),
         CASE n % ${foldersEach} WHEN 0 THEN 'INBOX' WHEN 1 THEN 'Sent' WHEN 2 THEN 'Lists' ELSE 'Old' END, 1
       FROM ${numbers(0, accounts * foldersEach)}`,
    `INSERT INTO archives (n, id, folder_id, store, key, manifest_key, manifest_sha256, policy, policy_hash, run, format, compression, messages, bytes, stored_bytes, created, state, origin)
       SELECT n + 1, ${hexDigest}, 1 + n % ${accounts} * ${foldersEach} + n / ${accounts} % ${foldersEach},
         'local', 'k' || n, 'm' || n, ${hexDigest}, 'old', 'h', 'r', 'mbox', 'zstd', 1000, 5000000, 1000000, n,
         CASE n % 50 WHEN 49 THEN 'expired' ELSE 'verified' END, 'sealed'
       FROM ${numbers(0, Math.ceil(count / archiveSize))}`,
    `INSERT INTO lines (n, archive_n, line, folder_id, uid, sha256, header_sha256, size, internal_date, date, flags, message_id, sender, recipients, subject, crlf, added_newline, size_mismatch, frame_offset, frame_length, stored_offset, stored_length)
       SELECT n, 1 + ${archive}, n % ${archiveSize}, ${folder}, 1 + n % ${archiveSize}, ${digest}, ${digest},
         2000 + n % 1009 * 100 + CASE WHEN n % 100003 = 0 THEN 50000000 ELSE 0 END, ${date}, ${date}, '[]', '<' || n || '@x>',
         ${sender}, ${recipients}, ${subject}, 1, 0, 0, 0, 1, 0, 1
       FROM ${numbers(0, count)}`,
  ];
}
