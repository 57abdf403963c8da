import { quoted, type Server, withSession } from '../oracle/raw-session.ts';
import type { SeedMessage } from './mailbox.ts';
import { encodeMutf7 } from './mutf7.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** INTERNALDATE as APPEND wants it (RFC 9051 §9, date-time), in UTC. */
export function imapDate(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = String(date.getUTCDate()).padStart(2, ' ');
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${day}-${months[date.getUTCMonth()]}-${date.getUTCFullYear()} ${time} +0000`;
}

/**
 * Puts messages on a server by APPEND, many commands in flight, folders made as they are met.
 * `delimiter` takes the place of `/` in folder paths; `waiting`: the server has no LITERAL+.
 * @throws when the server refuses one.
 */
export async function seedByAppend(
  server: Server,
  user: string,
  messages: Iterable<SeedMessage>,
  options: { readonly delimiter?: string; readonly inFlight?: number; readonly waiting?: boolean } = {},
): Promise<number> {
  const delimiter = options.delimiter ?? '/';
  return withSession(server, user, async (session) => {
    const folders = new Set(['INBOX']);
    let answers: Promise<string>[] = [];
    let count = 0;
    const settle = async (): Promise<void> => {
      for (const answer of await Promise.all(answers)) {
        if (!answer.startsWith('OK')) throw new Error(`APPEND: ${answer}`);
      }
      answers = [];
    };
    for (const message of messages) {
      const name = quoted(encodeMutf7(message.folder.replaceAll('/', delimiter)));
      if (!folders.has(message.folder)) {
        const answer = await session.send(`CREATE ${name}`);
        if (!/^OK|EXISTS/i.test(answer)) throw new Error(`CREATE ${name}: ${answer}`);
        folders.add(message.folder);
      }
      const date = imapDate(message.internalDate);
      const command = `APPEND ${name} (${message.flags.join(' ')}) "${date}"`;
      const waiting = options.waiting === true;
      answers.push(waiting ? session.sendWaiting(command, message.raw) : session.send(command, message.raw));
      count++;
      if (waiting || answers.length >= (options.inFlight ?? 100)) await settle();
    }
    await settle();
    return count;
  });
}
