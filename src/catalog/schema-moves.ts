/** Lines that a run was about to delete. */
export interface PurgedLinesTable {
  run: string;
  archive_n: number;
  /** JSON list. */
  lines: string;
}

/** Without an account: a whole server. */
export interface AliasTable {
  from_server: string;
  from_account: string | null;
  to_server: string;
  to_account: string | null;
  at: number;
}
