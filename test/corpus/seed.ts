import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Server, withSession } from '../oracle/raw-session.ts';
import type { SeedMessage } from './mailbox.ts';
import { seedMaildir } from './maildir.ts';
import { oddities } from './oddities.ts';

/** A Dovecot whose Maildirs the tests can write. */
export interface MaildirServer extends Server {
  readonly mailDir: string;
}

/** Fills a user's mailbox at once, through the file system. The user must not have been logged in. */
export async function seedUser(
  server: MaildirServer,
  user: string,
  messages: Iterable<SeedMessage>,
): Promise<{ readonly messages: number; readonly bytes: number }> {
  const { uid, gid } = await stat(server.mailDir);
  const owner = process.getuid?.() === 0 ? { uid, gid } : null;
  const seeded = await seedMaildir(join(server.mailDir, user), messages, owner);
  // The first login lets Dovecot index what it finds, so that no test measures that.
  await withSession(server, user, (session) => session.ok('STATUS INBOX (MESSAGES)'));
  return seeded;
}

/** Every oddity as an old message of a folder. */
export function oddMail(
  folder: string,
  ageInDays: number,
  flags: readonly string[] = [],
): readonly SeedMessage[] {
  const now = Date.now();
  return oddities.map(({ raw }, index) => ({
    folder,
    raw,
    flags,
    internalDate: new Date(Math.floor((now - ageInDays * 86_400_000) / 1_000) * 1_000 + index * 1_000),
  }));
}
