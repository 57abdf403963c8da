import type { Bytes } from '../domain/brands.ts';
import type { Duration, OnRun } from '../domain/policy.ts';
import type { Secret } from './secret.ts';

/** Absolute paths of PEM files. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** An address to listen on. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Null: plain HTTP. */
  readonly tls: TlsFiles | null;
}

/** The web server of the daemon: metrics, probes, page, API. */
export interface HttpConfig extends Listener {
  /** Bearer token for the page and the API; null: none asked for. */
  readonly token: Secret | null;
  /** Serve archived mail, to bearers of `mailToken` alone. */
  readonly mail: boolean;
  readonly mailToken: Secret | null;
  /** Restore from the page, for bearers of `restoreToken` alone. */
  readonly restore: boolean;
  readonly restoreToken: Secret | null;
  /** Owners of mailboxes sign in with the logins of their mailboxes. */
  readonly owners: boolean;
  /** False: metrics and probes only. */
  readonly page: boolean;
  /** Names that a Host header may have on loopback, beside those of this machine. */
  readonly hosts: readonly string[];
  /** Addresses and networks of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly metrics: {
    /** Where metrics and probes are served; null: beside the page. */
    readonly listener: Listener | null;
    /** For the metrics, never for the probes; null: none asked for. */
    readonly token: Secret | null;
  };
}

export interface ScanConfig {
  /** Five-field cron expressions in UTC: reading quota, and reading folder sizes (null: never). */
  readonly schedule: string;
  readonly folders: string | null;
}

export interface MetricsConfig {
  /** Which accounts get series of their own; null: all up to 2,000 accounts, then nearFull. */
  readonly accounts: 'off' | 'nearFull' | 'all' | null;
  /** Series for every folder. */
  readonly folders: boolean;
}

/** Re-reading of old archives (SAFETY step 13). */
export interface ScrubConfig {
  /** Five-field cron expression in UTC; null: never. */
  readonly schedule: string | null;
  /** An archive is read again when its last reading is this long ago. */
  readonly every: Duration;
  /** Bytes of stored archives that one scrub reads at most. */
  readonly maxBytes: Bytes;
}

export interface DaemonConfig {
  /** How long a stopped daemon waits for work under way to reach a safe point, in milliseconds. */
  readonly graceMs: number;
  /** Schedules fire at random up to so much later, so that not all accounts come at once; milliseconds. */
  readonly jitterMs: number;
}

/** The SMTP server that takes reports. */
export interface MailReportConfig {
  readonly to: readonly string[];
  readonly from: string;
  readonly host: string;
  readonly port: number;
  /** As for mail servers. */
  readonly tls: 'implicit' | 'starttls' | 'none';
  /** Path of a PEM bundle to trust instead of the system's; null: the system's. */
  readonly caFile: string | null;
  /** Null: the server takes mail without a login. */
  readonly login: { readonly user: string; readonly password: Secret } | null;
}

export interface WebhookConfig {
  /** Its path may be a secret by itself: it is never logged. */
  readonly url: string;
  /** Sent as a bearer token; null: none. */
  readonly token: Secret | null;
  /** `text` and `chat` are cut to what services take. */
  readonly format: 'json' | 'text' | 'chat';
}

export interface ReportsConfig {
  /** Five-field cron expression in `timezone`. */
  readonly schedule: string;
  readonly timezone: string;
  /** Accounts that will be full within this time are in it. */
  readonly fullWithin: Duration;
  readonly mail: MailReportConfig | null;
  readonly webhook: WebhookConfig | null;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The parts of mothball.yaml that only the daemon acts on. */
export interface Settings {
  /** Null: no web server. */
  readonly http: HttpConfig | null;
  readonly scan: ScanConfig;
  readonly metrics: MetricsConfig;
  /** Null: archives expire by hand only. */
  readonly expire: {
    readonly schedule: string;
    /** Of a store's archives, and separately of its bytes, that one run may remove. */
    readonly maxPercent: number;
  } | null;
  readonly scrub: ScrubConfig;
  /** Five-field cron expression in UTC: when policies in plan mode are planned; null: never. */
  readonly plans: { readonly schedule: string | null };
  /** How long records of who looked at and removed what are kept. */
  readonly audit: { readonly keep: Duration };
  /** Called after each scan of a server; null: nothing is called. */
  readonly onRun: OnRun | null;
  /** Null: no reports are sent. */
  readonly reports: ReportsConfig | null;
  readonly daemon: DaemonConfig;
  readonly log: { readonly level: LogLevel };
}
