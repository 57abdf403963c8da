import type { Hold } from '../domain/policy.ts';
import type { Codec } from '../ports/codec.ts';
import type { Overview } from '../watch/status.ts';
import type { AccessSettings } from './access.ts';
import type { OwnerLogins } from '../ports/owner-logins.ts';
import type { RestoreJobs } from '../ports/restore-jobs.ts';

/** What the page and the API show, from one loaded configuration. It only reads. */
export interface WebSource extends Overview {
  readonly config: Overview['config'] & {
    readonly http: AccessSettings | null;
    readonly holds: readonly Hold[];
  };
  readonly codec: Codec;
  /** Puts archived mail back on its server; left out: nothing here does. */
  readonly restores?: RestoreJobs;
  readonly ownerLogins: OwnerLogins;
}

/** Without `http` there is no page. */
export const closed: AccessSettings = {
  page: false,
  token: null,
  mail: false,
  mailToken: null,
  restore: false,
  restoreToken: null,
  owners: false,
};
