import type { RowMapping } from '../domain/account-list.ts';
import type { Secret } from './secret.ts';

interface Common {
  readonly name: string;
  readonly mapping: RowMapping;
  /** Five-field cron expression in UTC. */
  readonly refresh: string;
  /** Percent of the accounts that may leave at once. */
  readonly maxShrink: number;
}

/** Dovecot's doveadm HTTP API. */
export interface DoveadmApi {
  readonly url: string;
  /** `doveadm_password`. */
  readonly password: Secret;
  readonly caFile: string | null;
}

/** Where the quotas of a server's accounts are read without logging in. */
export interface DoveadmQuotaConfig extends DoveadmApi {
  /** Quota roots that Dovecot hides from IMAP. */
  readonly ignoreRoots: readonly string[];
}

/** Where accounts are listed. Paths are absolute. */
export type AccountSourceConfig = Common &
  (
    | { readonly type: 'csv' | 'yaml' | 'directory'; readonly path: string }
    | {
        readonly type: 'sql';
        /** `sqlite:` with an absolute path, `postgres://` or `mysql://`, without a password. */
        readonly url: string;
        readonly query: string;
        readonly password: Secret | null;
        readonly caFile: string | null;
      }
    | {
        readonly type: 'ldap';
        readonly url: string;
        readonly startTls: boolean;
        readonly bindDn: string;
        readonly password: Secret;
        readonly base: string;
        readonly search: string;
        readonly caFile: string | null;
      }
    | {
        readonly type: 'http';
        readonly url: string;
        readonly token: Secret | null;
        readonly items: string;
        readonly next: string | null;
        readonly caFile: string | null;
      }
    | ({ readonly type: 'doveadm'; readonly mask: string } & DoveadmApi)
  );
