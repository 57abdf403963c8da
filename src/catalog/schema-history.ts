/** What happened so far: messages `restored` (no place), archives `expired` by store. */
export interface TotalTable {
  what: 'restored' | 'expired';
  place: string;
  times: number;
}

/** When a policy was first known, in milliseconds UTC. */
export interface KnownPolicyTable {
  name: string;
  since: number;
}

export interface RunOutcomeTable {
  policy: string;
  server: string;
  account: string;
  failed: number;
  /** JSON list. */
  limits: string;
  succeeded: number | null;
}

export interface RunTotalTable {
  policy: string;
  result: string;
  runs: number;
  archived_messages: number;
  archived_bytes: number;
  deleted_messages: number;
  deleted_bytes: number;
}

export interface VerificationTotalTable {
  store: string;
  result: 'ok' | 'failed';
  archives: number;
}
