import type { Bytes } from './brands.ts';
import type { MessageMeta } from './message.ts';
import type { Reason } from './reason.ts';

/** What was recorded of an archived message, as far as a FETCH of metadata can confirm it. */
export interface Recorded {
  readonly size: Bytes;
  readonly internalDate: Date;
  readonly emailId: string | null;
  readonly sizeMismatch: boolean;
  /** Why it was kept when it was last looked at. */
  readonly reason: Reason | null;
}

/**
 * Whether the message on the server can be the recorded one (SAFETY I4): INTERNALDATE to the
 * second, RFC822.SIZE unless it was wrong when archived, EMAILID where both are known. A yes needs
 * the header block or the body to be compared too before anything is deleted.
 */
export function sameMessage(recorded: Recorded, meta: MessageMeta): boolean {
  if (recorded.reason?.code === 'another-message' || meta.internalDate === null || meta.size === null)
    return false;
  const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);
  return (
    seconds(recorded.internalDate) === seconds(meta.internalDate) &&
    (recorded.sizeMismatch || recorded.size === meta.size) &&
    (recorded.emailId === null || meta.emailId === null || recorded.emailId === meta.emailId)
  );
}
