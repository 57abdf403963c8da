import type { Access } from './access.ts';
import type { MailDesk } from './mail-desk.ts';
import type { WebSource } from './source.ts';

/** What pages and API are made from. */
export interface WebParts {
  readonly source: () => WebSource;
  readonly access: Access;
  readonly desk: MailDesk;
  /** Logs requests that failed by our own fault. */
  readonly log: (line: string) => void;
}
