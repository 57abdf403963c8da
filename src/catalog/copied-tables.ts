/** A table as it is copied. */
export interface CopiedTable {
  readonly name: string;
  /** Its primary key, in whose order it is copied, so that a copy that broke off continues; null: it has none. */
  readonly key: readonly string[] | null;
  /** Rows at once, where they are long. */
  readonly atOnce?: number;
}

/**
 * Every table but the indexes of text, which are made again, the leases, paces and daemons of the moment, and the
 * migrations. The markers of the stores come last: a catalog that does not know a store permits no
 * deletion, so what is half copied permits nothing.
 */
export const copiedTables: readonly CopiedTable[] = [
  { name: 'folders', key: ['id'] },
  { name: 'batches', key: ['key'] },
  { name: 'archives', key: ['n'] },
  { name: 'lines', key: ['n'] },
  { name: 'texts', key: ['n'], atOnce: 200 },
  { name: 'purged_lines', key: null },
  { name: 'aliases', key: null },
  { name: 'restores', key: null },
  { name: 'quarantine', key: ['folder_id', 'uid'] },
  { name: 'blames', key: ['folder_id', 'uid'] },
  { name: 'suspects', key: ['folder_id', 'uid'] },
  { name: 'folder_refusals', key: ['server', 'account', 'folder'] },
  { name: 'account_pauses', key: ['server', 'account'] },
  { name: 'account_traffic', key: ['server', 'account', 'hour'] },
  { name: 'runs', key: ['id'] },
  { name: 'run_lines', key: ['run', 'server', 'account', 'n'] },
  { name: 'run_outcomes', key: ['policy', 'server', 'account'] },
  { name: 'run_totals', key: ['policy', 'result'] },
  { name: 'verification_totals', key: ['store', 'result'] },
  { name: 'totals', key: ['what', 'place'] },
  { name: 'days', key: ['day', 'policy'] },
  { name: 'known_policies', key: ['name'] },
  { name: 'audit', key: null },
  { name: 'pause', key: ['only'] },
  { name: 'schedules', key: ['name'] },
  { name: 'done', key: ['job'] },
  { name: 'scans', key: ['server', 'account'] },
  { name: 'samples', key: ['server', 'account', 'root', 'at'] },
  { name: 'newest_samples', key: ['server', 'account', 'root'] },
  { name: 'folder_samples', key: ['server', 'account', 'path'] },
  { name: 'stored_plans', key: ['policy', 'server', 'account'] },
  { name: 'notices', key: ['id'] },
  { name: 'encrypted_objects', key: ['store', 'key'] },
  { name: 'readable', key: ['store', 'recipients'] },
  { name: 'identity', key: ['one'] },
  { name: 'stores', key: ['name'] },
];

/** Tables that are not copied. */
export const leftTables: readonly string[] = [
  'migrations',
  'lines_text',
  'texts_index',
  'leases',
  'paces',
  'daemons',
];
