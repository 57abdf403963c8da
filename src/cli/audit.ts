import { userInfo } from 'node:os';
import type { Clock } from '../ports/clock.ts';
import type { AuditEntry } from '../ports/records.ts';

/** An entry for mail that was read or moved from the command line. */
export function auditOf(clock: Clock, action: string, account: string | null, detail: string): AuditEntry {
  return { at: clock.now(), who: localUser(), action, account, detail };
}

/** The login name, or the numeric user ID if the system has no name for it, as in many containers. */
export function localUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
