import { isError } from '../errors.ts';
import { quoted } from './wire-token.ts';
import type { Command, Wire } from './wire.ts';

/** What the client is called in ID. */
const clientName = 'Mothball';

/** ID (RFC 2971). */
export function idCommand(): Command {
  return { command: 'ID', args: [[quoted('name'), quoted(clientName)]] };
}

/**
 * Opens a folder; where the server refuses that to clients that have not named themselves (163.com and
 * its like: "Unsafe Login"), sends ID, offered or not, and tries once more. Servers that offer ID get it
 * after the login.
 */
export async function identified<T>(wire: Wire, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const wanted =
      isError(error, 'protocol') && /unsafe login|(?:\bID\b|identif).*command/i.test(error.said?.text ?? '');
    if (!wanted) throw error;
    await wire.batch([idCommand()]);
    return await open();
  }
}
