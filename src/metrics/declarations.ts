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
  paused: {
    type: 'gauge',
    help: '1 while Mothball is paused, so that nothing is archived or deleted, else 0.',
    labels: [],
  },
  config_last_reload_success: {
    type: 'gauge',
    help: '1 when the configuration was last loaded without a fault, else 0; the previous one is then still used.',
    labels: [],
  },
  jobs: {
    type: 'gauge',
    help: 'Jobs of this process, by state: queued or running. Of several replicas the leader counts the accounts that wait for any of them.',
    labels: ['state'],
  },
  server_up: {
    type: 'gauge',
    help: '0 while no account can connect to the mail server, else 1. Missing until the first attempt.',
    labels: ['server'],
  },
  store_up: {
    type: 'gauge',
    help: '1 while the archive store is fit for use and takes what is written, else 0. Missing until the first attempt.',
    labels: ['store'],
  },
  imap_connections: { type: 'gauge', help: 'Open connections to the mail server.', labels: ['server'] },
  imap_errors_total: {
    type: 'counter',
    help: 'Failed logins, missing access tokens (`token`), lost connections, time-outs and refused commands, by kind.',
    labels: ['server', 'code'],
  },
  accounts_paused: {
    type: 'gauge',
    help: 'Accounts that are left alone for hours, because the mail server limits them or their limit for a day is reached.',
    labels: ['server'],
  },
  imap_throttled_seconds_total: {
    type: 'counter',
    help: 'Seconds that jobs waited for the byte or connection budget of the server, or because it throttles.',
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
  scan_expected_interval_seconds: {
    type: 'gauge',
    help: 'The longest time between two scans under the schedule. Missing where nothing scans by itself.',
    labels: [],
  },
  policy_info: {
    type: 'gauge',
    help: 'Always 1; the labels are the mode of the policy and the store that it archives to.',
    labels: ['policy', 'mode', 'store'],
  },
  policy_created_timestamp_seconds: {
    type: 'gauge',
    help: 'Since when the policy is enforced with its present schedule. Without one: when it was first loaded.',
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
    help: '1 when the last run of the policy succeeded on every account, 0 when it failed on one. Missing until the first run, and when a policy returns to plan mode.',
    labels: ['policy'],
  },
  policy_limit_exceeded: {
    type: 'gauge',
    help: '1 when the last run of the policy on some account was stopped by this safety limit, else 0. Missing in plan mode until the first run.',
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
  archives: {
    type: 'gauge',
    help: 'Archives by state: sealed, verified, quarantined or expired.',
    labels: ['store', 'state'],
  },
  store_bytes: {
    type: 'gauge',
    help: 'Bytes of the archives in the store that have not expired, as they are stored.',
    labels: ['store'],
  },
  store_free_bytes: {
    type: 'gauge',
    help: 'Free bytes of the file system of a local store.',
    labels: ['store'],
  },
  spool_free_bytes: { type: 'gauge', help: 'Free bytes of the file system of the spool.', labels: [] },
  database_bytes: { type: 'gauge', help: 'Bytes of the database.', labels: [] },
  database_free_bytes: {
    type: 'gauge',
    help: 'Free bytes of the file system of the database.',
    labels: [],
  },
  last_scrub_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When a scrub last read the store without a failure. Missing until then.',
    labels: ['store'],
  },
  last_expire_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the scheduled removal of expired archives last succeeded in the store. Missing until then.',
    labels: ['store'],
  },
  expired_archives_total: {
    type: 'counter',
    help: 'Archives that expired and were removed.',
    labels: ['store'],
  },
  restored_messages_total: {
    type: 'counter',
    help: 'Messages that were restored to a mail server.',
    labels: [],
  },
  quarantined_messages: {
    type: 'gauge',
    help: 'Messages that could not be archived and are kept on the server.',
    labels: ['server'],
  },
  last_report_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When a report to the admin was last sent by this channel. Missing until then.',
    labels: ['channel'],
  },
  report_failures_total: {
    type: 'counter',
    help: 'Tries to send a report to the admin that failed, by channel: mail or webhook.',
    labels: ['channel'],
  },
  login_failures_total: {
    type: 'counter',
    help: 'Wrong tokens sent to the page, the API or the metrics.',
    labels: [],
  },
  owner_sign_ins_total: {
    type: 'counter',
    help: 'Owners of mailboxes who tried to sign in to their archive, by result.',
    labels: ['result'],
  },
} as const satisfies Readonly<Record<string, Declaration>>;

export type MetricName = keyof typeof declarations;
/** The names of a metric's labels. */
export type LabelsOf<N extends MetricName> = (typeof declarations)[N]['labels'][number];
export type NamesOf<T extends Declaration['type']> = {
  [N in MetricName]: (typeof declarations)[N]['type'] extends T ? N : never;
}[MetricName];
