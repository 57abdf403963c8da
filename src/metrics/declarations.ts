/** What one metric is. Names are given without the prefix. */
export interface Declaration {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

export const prefix = 'mothball_';

/** Every metric, once. docs/metrics.md is checked against this table; names never change once released. */
export const declarations = {
  build_info: {
    type: 'gauge',
    help: 'Always 1; the label is the version of the program.',
    labels: ['version'],
  },
  leader: {
    type: 'gauge',
    help: '1 on the replica that fires the schedules, else 0.',
    labels: [],
  },
  config_last_reload_success: {
    type: 'gauge',
    help: '1 when the configuration was last loaded without a fault, else 0; the previous one is then still used.',
    labels: [],
  },
  jobs: { type: 'gauge', help: 'Jobs of this process, by state: queued or running.', labels: ['state'] },
  server_up: {
    type: 'gauge',
    help: '1 when the last connection to the mail server worked, else 0. Missing until the first attempt.',
    labels: ['server'],
  },
  store_up: {
    type: 'gauge',
    help: '1 when the archive store was usable at the last attempt, else 0. Missing until the first attempt.',
    labels: ['store'],
  },
  imap_connections: { type: 'gauge', help: 'Open connections to the mail server.', labels: ['server'] },
  imap_errors_total: {
    type: 'counter',
    help: 'Failed logins, lost connections, time-outs and refused commands, by kind.',
    labels: ['server', 'code'],
  },
  imap_throttled_seconds_total: {
    type: 'counter',
    help: 'Seconds that jobs waited for the byte or connection budget of the server.',
    labels: ['server'],
  },
  accounts: {
    type: 'gauge',
    help: 'Accounts by the result of the last scan: ok, failed, or pending if none has reached them yet.',
    labels: ['server', 'state'],
  },
  accounts_by_quota_band: {
    type: 'gauge',
    help: 'Accounts by how full their fullest quota is, in percent; unlimited and unknown are bands too.',
    labels: ['server', 'band'],
  },
  account_series_dropped: {
    type: 'gauge',
    help: 'Scanned accounts that get no series of their own, because of metrics.accounts.',
    labels: [],
  },
  scan_duration_seconds: {
    type: 'gauge',
    help: 'How long the last scan of all accounts of the server took.',
    labels: ['server'],
  },
  last_scan_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last scan of the server ended.',
    labels: ['server'],
  },
  policy_created_timestamp_seconds: {
    type: 'gauge',
    help: 'When Mothball first loaded the policy.',
    labels: ['policy'],
  },
  policy_expected_interval_seconds: {
    type: 'gauge',
    help: 'The longest time between two runs under the schedule. Missing without a schedule, and in plan mode.',
    labels: ['policy'],
  },
  policy_runs_total: {
    type: 'counter',
    help: 'Runs of the policy, each on one account, by result.',
    labels: ['policy', 'result'],
  },
  policy_run_duration_seconds: {
    type: 'histogram',
    help: 'How long runs of the policy took, each on one account.',
    labels: ['policy'],
  },
  policy_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When a run of the policy last succeeded, on any account. Missing until then.',
    labels: ['policy'],
  },
  policy_last_run_success: {
    type: 'gauge',
    help: '1 when the last run of the policy succeeded on every account, 0 when it failed on one. Missing until the first run.',
    labels: ['policy'],
  },
  policy_limit_exceeded: {
    type: 'gauge',
    help: '1 when the last run of the policy on some account was stopped by this safety limit, else 0.',
    labels: ['policy', 'limit'],
  },
  archived_messages_total: {
    type: 'counter',
    help: 'Messages archived and verified.',
    labels: ['policy'],
  },
  archived_bytes_total: {
    type: 'counter',
    help: 'Bytes of the messages archived and verified, as they were on the server.',
    labels: ['policy'],
  },
  deleted_messages_total: {
    type: 'counter',
    help: 'Messages deleted from the server and confirmed gone.',
    labels: ['policy'],
  },
  deleted_bytes_total: {
    type: 'counter',
    help: 'Bytes of the messages deleted from the server and confirmed gone.',
    labels: ['policy'],
  },
  pending_delete_messages: {
    type: 'gauge',
    help: 'Messages archived and verified that await deletion.',
    labels: ['policy'],
  },
  archive_verifications_total: {
    type: 'counter',
    help: 'Archives read back and compared, by result: ok or failed.',
    labels: ['store', 'result'],
  },
} as const satisfies Readonly<Record<string, Declaration>>;

/**
 * The series of single accounts and folders. They do not go through the registry: there may be
 * hundreds of thousands of them, and they are streamed.
 */
export const accountDeclarations = {
  account_quota_used_bytes: {
    type: 'gauge',
    help: 'Bytes used of a quota root at the last scan.',
    labels: ['server', 'account', 'root'],
  },
  account_quota_limit_bytes: {
    type: 'gauge',
    help: 'Bytes that a quota root allows. Missing where it is unlimited.',
    labels: ['server', 'account', 'root'],
  },
  account_quota_messages_used: {
    type: 'gauge',
    help: 'Messages counted by a quota root at the last scan.',
    labels: ['server', 'account', 'root'],
  },
  account_quota_messages_limit: {
    type: 'gauge',
    help: 'Messages that a quota root allows. Missing where they are unlimited.',
    labels: ['server', 'account', 'root'],
  },
  account_full_timestamp_seconds: {
    type: 'gauge',
    help: 'When the account will be full at the current rate. Missing without a forecast.',
    labels: ['server', 'account'],
  },
  folder_size_bytes: {
    type: 'gauge',
    help: 'Bytes in a folder, if metrics.folders is on.',
    labels: ['server', 'account', 'folder'],
  },
  folder_messages: {
    type: 'gauge',
    help: 'Messages in a folder, if metrics.folders is on.',
    labels: ['server', 'account', 'folder'],
  },
} as const satisfies Readonly<Record<string, Declaration>>;

export type MetricName = keyof typeof declarations;
export type AccountMetricName = keyof typeof accountDeclarations;
/** The names of a metric's labels. */
export type LabelsOf<N extends MetricName> = (typeof declarations)[N]['labels'][number];
export type NamesOf<T extends Declaration['type']> = {
  [N in MetricName]: (typeof declarations)[N]['type'] extends T ? N : never;
}[MetricName];
