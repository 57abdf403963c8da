import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { keepsOf, type ListedKeep } from '../domain/account-list.ts';
import { parseDuration } from '../domain/duration.ts';
import { globOf } from '../domain/glob.ts';
import type { Hold, Match } from '../domain/policy.ts';
import type { StoredList } from '../ports/account-source.ts';
import type { AccountSourceConfig } from './account-sources.ts';
import type { Entry } from './check.ts';
import { accountSchema, type AccountInput } from './schema-server.ts';

const keepSchema = z.object({
  user: z.string(),
  hold: z.boolean(),
  keepNewerThan: z.string().nullable(),
});

/** What `accounts --refresh` and the daemon keep of a source, one file for each. */
const listSchema = z.object({
  version: z.literal(1),
  /** When this list was read from the source. */
  at: z.iso.datetime(),
  accounts: z.array(
    keepSchema.extend({
      server: z.string(),
      passwordFile: z.string().nullable(),
      quota: z.string().nullable(),
    }),
  ),
  keeps: z.array(keepSchema).default([]),
  problems: z.array(z.object({ row: z.number(), reason: z.string() })),
  /** Why the newest list was not taken; null: it was. */
  refused: z.string().nullable(),
});

export function listPath(directory: string, source: string): string {
  return join(directory, `${source}.json`);
}

/** Null: the source has not been read yet. @throws when the file is not one that was written whole. */
export async function readList(directory: string, source: string): Promise<StoredList | null> {
  let text = '';
  try {
    text = await readFile(listPath(directory, source), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const { at, ...list } = listSchema.parse(JSON.parse(text));
  return { ...list, at: new Date(at) };
}

/** The file's text. */
export function listText(list: StoredList): string {
  return `${JSON.stringify({ version: 1, ...list }, null, 1)}\n`;
}

/** What the lists add to the configuration. */
export interface ListedParts {
  readonly entries: readonly (Entry<AccountInput> & { readonly source: string })[];
  readonly holds: readonly Hold[];
  readonly warnings: readonly string[];
}

/** Accounts, holds and warnings of a source's last list. Accounts of `known` are listed elsewhere already. */
export function listed(
  source: AccountSourceConfig,
  list: StoredList | null,
  known: Set<string>,
): ListedParts {
  const { name } = source;
  if (list === null)
    return {
      entries: [],
      holds: [],
      warnings: [`account source "${name}" has not been read yet: run \`mothball accounts --refresh\``],
    };
  const warnings: string[] = [];
  const entries: ListedParts['entries'][number][] = [];
  for (const account of list.accounts) {
    const { user, server, passwordFile, quota } = account;
    const place = `account source "${name}": ${user}`;
    const key = JSON.stringify([server, user]);
    if (known.has(key)) {
      warnings.push(
        `${place} on ${server} is listed elsewhere already; of this entry only what keeps mail counts`,
      );
      continue;
    }
    known.add(key);
    const input = accountSchema.safeParse({
      user,
      server,
      ...(passwordFile === null ? {} : { passwordFile }),
      ...(quota === null ? {} : { quota }),
    });
    if (!input.success) {
      warnings.push(`${place} is left out: ${input.error.issues[0]?.message ?? 'it does not fit'}`);
      continue;
    }
    entries.push({ key: name, value: input.data, source: name });
  }
  // Wherever else the account is listed: what asks to keep its mail counts.
  const holds = keepsOf(list, list).map((keep) => holdOf(name, keep));
  const refused = list.refused === null ? [] : [refusal(name, list.refused, list.at)];
  const rows = list.problems.map(({ row, reason }) => `account source "${name}": row ${row}: ${reason}`);
  return { entries, holds, warnings: [...refused, ...rows, ...warnings] };
}

function refusal(name: string, reason: string, at: Date): string {
  return `account source "${name}": ${reason}; the list of ${at.toISOString()} is used`;
}

/** Rows can only keep more mail than the policies do: who writes them does not decide on deleting. */
function holdOf(source: string, { user, hold, keepNewerThan }: ListedKeep): Hold {
  const accounts = { include: [globOf(user)], exclude: [] };
  const name = `${source}: ${user}`;
  if (hold || keepNewerThan === null) return { name, accounts, match: null };
  try {
    const age = parseDuration(keepNewerThan);
    const match: Match = { kind: 'not', of: { kind: 'olderThan', age, from: 'received' } };
    return { name, accounts, match };
  } catch {
    // What can't be read keeps everything.
    return { name, accounts, match: null };
  }
}
