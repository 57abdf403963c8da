import { isError } from '../errors.ts';
import type { Command } from './command.ts';
import { asList, asText, quoted } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** What the client is called in ID. */
const clientName = 'Mothball';

/** ID (RFC 2971); what the server calls itself is handed over. */
export function idCommand(named: (name: string) => void = () => undefined): Command {
  return {
    command: 'ID',
    args: [[quoted('name'), quoted(clientName)]],
    untagged: {
      ID: ({ attributes }) => {
        const list = (asList(attributes?.[0]) ?? []).map(asText);
        for (let index = 0; index + 1 < list.length; index += 2)
          if (list[index]?.toLowerCase() === 'name') named(list[index + 1] ?? '');
      },
    },
  };
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
