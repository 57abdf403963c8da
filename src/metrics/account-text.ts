import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AccountEntry, AccountSnapshot } from './account-book.ts';
import { accountDeclarations, type AccountMetricName } from './account-declarations.ts';
import { prefix } from './declarations.ts';

/** Characters in one piece of text, and accounts looked at, before other work gets its turn. */
const pieceLength = 32 * 1024;
const accountsPerTurn = 2000;

/** The accounts, each as the last scan left it. */
export interface AccountSource {
  entries(): Iterable<AccountEntry>;
  /** Whether the account gets series of its own. */
  exports(entry: AccountEntry): boolean;
}

/** The last label and the value of each series that an account has of a metric. */
type Series = readonly (readonly [label: string, value: number])[];

/** What each metric shows of an account. Without a limit there is no series for it. */
const seriesOf: Readonly<Record<AccountMetricName, (snapshot: AccountSnapshot) => Series>> = {
  account_quota_used_bytes: ({ roots }) =>
    (roots ?? []).flatMap(({ name, storage }) => (storage === null ? [] : [[name, storage.used] as const])),
  account_quota_limit_bytes: ({ roots }) =>
    (roots ?? []).flatMap(({ name, storage }) => limitOf(name, storage?.limit)),
  account_quota_messages_used: ({ roots }) =>
    (roots ?? []).flatMap(({ name, message }) => (message === null ? [] : [[name, message.used] as const])),
  account_quota_messages_limit: ({ roots }) =>
    (roots ?? []).flatMap(({ name, message }) => limitOf(name, message?.limit)),
  account_full_timestamp_seconds: ({ fullAt }) => (fullAt === null ? [] : [['', fullAt.getTime() / 1000]]),
  folder_size_bytes: ({ folders }) => (folders ?? []).map(({ path, bytes }) => [path, bytes]),
  folder_messages: ({ folders }) => (folders ?? []).map(({ path, messages }) => [path, messages]),
};

/**
 * The exposition text of the accounts' series, in pieces. Other work gets its turn after each one,
 * however many accounts there are.
 */
export async function* accountText(
  accounts: AccountSource,
  folders: boolean,
): AsyncGenerator<string, void, undefined> {
  for (const name of accountMetricNames()) {
    if (!folders && name.startsWith('folder_')) continue;
    const { help, type, labels } = accountDeclarations[name];
    const last = labels[2];
    const metric = `${prefix}${name}`;
    const head = `# HELP ${metric} ${help}\n# TYPE ${metric} ${type}\n`;
    let piece = head;
    let looked = 0;
    for (const entry of accounts.entries()) {
      looked += 1;
      if (looked % accountsPerTurn === 0) await nextTurn();
      const { ref, snapshot } = entry;
      if (snapshot === null || !accounts.exports(entry)) continue;
      const series = seriesOf[name](snapshot);
      if (series.length === 0) continue;
      const account = `${metric}{server="${escaped(ref.server)}",account="${escaped(ref.account)}"`;
      for (const [label, value] of series) {
        piece +=
          last === undefined
            ? `${account}} ${value}\n`
            : `${account},${last}="${escaped(label)}"} ${value}\n`;
        // Also within an account: it may have thousands of folders.
        if (piece.length < pieceLength) continue;
        yield piece;
        await nextTurn();
        piece = '';
      }
    }
    if (piece !== '' && piece !== head) yield piece;
  }
}

function accountMetricNames(): readonly AccountMetricName[] {
  const known = (name: string): name is AccountMetricName => Object.hasOwn(accountDeclarations, name);
  return Object.keys(accountDeclarations).filter(known);
}

function limitOf(name: string, limit: number | null | undefined): Series {
  return limit === null || limit === undefined || limit === 0 ? [] : [[name, limit]];
}

/** A label value for the text format: backslash, quote and line feed are escaped. */
export function escaped(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value;
}
