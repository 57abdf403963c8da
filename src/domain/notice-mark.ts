import type { Uid } from './brands.ts';
import { hasFlag } from './match.ts';
import type { MessageMeta } from './message.ts';
import type { Reason } from './reason.ts';

/** The header field (lower case) of notices. */
export const noticeHeader = 'x-mothball-notice';

/** How notices are recognised among other mail in one folder. */
export interface NoticeMarks {
  /** Their UIDs, as far as the server reported them. */
  readonly uids: ReadonlySet<Uid>;
  /** Notices may be there, so `noticeHeader` was fetched. */
  readonly look: boolean;
}

/** Where no notice was ever sent. */
export const noNotices: NoticeMarks = { uids: new Set(), look: false };

/** Why a notice is kept: it is unread. What might be one counts as one (SAFETY I3). Null: it may go. */
export function unreadNotice(
  message: Pick<MessageMeta, 'uid' | 'flags' | 'headers'>,
  marks: NoticeMarks,
): Reason | null {
  if (message.flags !== null && hasFlag(message.flags, '\\seen')) return null;
  if (marks.uids.has(message.uid)) return { code: 'notice-unread' };
  if (!marks.look) return null;
  const found = message.headers?.get(noticeHeader);
  if (found === undefined) return { code: 'undecidable', detail: 'not known whether it is a notice' };
  return found.length > 0 ? { code: 'notice-unread' } : null;
}
