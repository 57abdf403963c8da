import type { Mail } from '../ports/mail.ts';
import type { AccountWork } from './account-work.ts';
import { Connection } from './connection.ts';
import { FolderIsolation } from './isolate-folder.ts';

/** What is needed to look at one account, and writes nothing. Dispose its connection when done. */
export function lookingWork(mail: Mail, parts: Omit<AccountWork, 'connection' | 'folders'>): AccountWork {
  const connection = new Connection(() => mail.open(parts.account));
  const folders = new FolderIsolation({ ...parts, connection, remembers: false, waits: false });
  return { ...parts, connection, folders };
}
