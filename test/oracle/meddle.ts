import { encodeMutf7 } from '../corpus/mutf7.ts';
import { quoted, type Server, withSession } from './raw-session.ts';

/** What another mail client does to a folder: each command with plain UIDs, answered OK. */
export function meddle(
  server: Server,
  user: string,
  folder: string,
  commands: readonly string[],
): Promise<void> {
  return withSession(server, user, async (session) => {
    await session.ok(`SELECT ${quoted(encodeMutf7(folder))}`);
    for (const command of commands) await session.ok(command);
  });
}

/** Commands outside of any folder: CREATE, DELETE, RENAME. Names are quoted and encoded by the caller. */
export function administer(server: Server, user: string, commands: readonly string[]): Promise<void> {
  return withSession(server, user, async (session) => {
    for (const command of commands) await session.ok(command);
  });
}
