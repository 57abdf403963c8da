/** Tables of the daemon (migration 3). Instants are integer milliseconds UTC. */
export interface PauseTable {
  only: 1;
  since: number;
  who: string;
  reason: string | null;
}

export interface ScheduleTable {
  name: string;
  expression: string;
  timezone: string;
  since: number;
}

export interface DoneTable {
  job: string;
  at: number;
}

export interface RunLineTable {
  run: string;
  server: string;
  account: string;
  n: number;
  at: number;
  level: 'info' | 'warn' | 'error';
  text: string;
}

export interface ScanTable {
  server: string;
  account: string;
  at: number;
  error: string | null;
}

export interface SampleTable {
  server: string;
  account: string;
  root: string;
  at: number;
  used_bytes: number | null;
  limit_bytes: number | null;
  used_messages: number | null;
  limit_messages: number | null;
}

export interface FolderSampleTable {
  server: string;
  account: string;
  path: string;
  at: number;
  messages: number;
  bytes: number;
}

export interface StoredPlanTable {
  policy: string;
  server: string;
  account: string;
  policy_hash: string;
  tried: number;
  error: string | null;
  /** Of the last plan that could be made. */
  at: number | null;
  messages: number | null;
  bytes: number | null;
  idle: string | null;
  /** Of the plan before it. */
  before_at: number | null;
  before_messages: number | null;
  before_bytes: number | null;
  /** Of the last plan before the policy changed. */
  changed_at: number | null;
  changed_messages: number | null;
  changed_bytes: number | null;
}

export interface DaemonTable {
  id: string;
  host: string;
  pid: number;
  started: number;
  seen: number;
  state: string;
}

export interface LeaseTable {
  name: string;
  token: string;
  host: string;
  pid: number;
  /** Names this boot of this machine, its process numbers, and when the process began. */
  machine: string;
  since: number;
  seen: number;
  expires: number;
}
