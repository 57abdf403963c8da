import type { Access } from './access.ts';
import type { MailDesk } from './mail-desk.ts';
import type { WebSite } from './site.ts';

/** What pages and API are made from. */
export interface WebParts {
  readonly site: () => WebSite;
  readonly access: Access;
  readonly desk: MailDesk;
  /** Logs requests that failed by our own fault. */
  readonly log: (line: string) => void;
}
