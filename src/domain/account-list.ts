import { count, countOf } from './count.ts';
import { accountMatches } from './glob.ts';
import type { Patterns } from './policy.ts';

/** One row of an account source, by column. Nothing in it is trusted. */
export type SourceRow = Readonly<Record<string, unknown>>;

/** An account that a source lists, with what only this source knows of it. */
export interface ListedAccount {
  readonly user: string;
  readonly server: string;
  /** Path as it was written; null: as the server's `auth` says. */
  readonly passwordFile: string | null;
  /** As it was written, like `5GiB`; null: the server's. */
  readonly quota: string | null;
  /** True: nothing is archived or deleted. */
  readonly hold: boolean;
  /** Mail younger than this stays, whatever the policies say; null: as the policies say. */
  readonly keepNewerThan: string | null;
}

/** A row that gives no account, by its number from 1. */
export interface RowProblem {
  readonly row: number;
  readonly reason: string;
}

/** The last list of a source that was taken. */
export interface AccountList {
  readonly accounts: readonly ListedAccount[];
  readonly problems: readonly RowProblem[];
}

/** How rows become accounts. A name with `{column}` in it is a text in which columns are put. */
export interface RowMapping {
  readonly columns: Readonly<Record<ListedField, string>>;
  /** For rows without one; null: each row must name one. */
  readonly server: string | null;
  readonly passwordFile: string | null;
  readonly filter: Patterns;
  /** Names of the configured servers. */
  readonly servers: readonly string[];
}

export const listedFields = ['user', 'server', 'passwordFile', 'quota', 'hold', 'keepNewerThan'] as const;
export type ListedField = (typeof listedFields)[number];

/** Longest value of a column that is used, in UTF-16 units. */
const maxValue = 255;
/** Rows that are listed as wrong; the rest is counted in the last line. */
const maxProblems = 100;

/** The accounts of these rows, in order of server and user, each once. A row that is wrong costs itself alone. */
export function accountsOfRows(rows: readonly SourceRow[], mapping: RowMapping): AccountList {
  const found = new Map<string, ListedAccount>();
  const problems: RowProblem[] = [];
  for (const [index, row] of rows.entries()) {
    const result = accountOf(row, mapping);
    if (typeof result === 'string') problems.push({ row: index + 1, reason: result });
    else if (accountMatches(mapping.filter, result.user)) {
      const key = JSON.stringify([result.server, result.user]);
      if (found.has(key)) problems.push({ row: index + 1, reason: 'the account is in the list already' });
      else found.set(key, result);
    }
  }
  const rest = problems.length - maxProblems;
  if (rest > 0)
    problems.splice(maxProblems, rest, { row: 0, reason: `${countOf(rest, 'more row')} like these` });
  const order = (a: ListedAccount, b: ListedAccount): number =>
    compare(a.server, b.server) || compare(a.user, b.user);
  return { accounts: [...found.values()].toSorted(order), problems };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function accountOf(row: SourceRow, mapping: RowMapping): ListedAccount | string {
  const read = (field: ListedField): string | null => valueOf(row, mapping.columns[field]);
  const values = Object.fromEntries(listedFields.map((field) => [field, read(field)]));
  const user = values['user'] ?? null;
  if (user === null) return `column "${mapping.columns.user}" is empty`;
  const server = values['server'] ?? mapping.server;
  if (server === null) return `${user}: it names no server`;
  if (!mapping.servers.includes(server)) return `${user}: there is no server "${server}"`;
  for (const value of Object.values(values)) if (value !== null && !isPlain(value)) return notPlain;
  const hold = flagOf(values['hold'] ?? null);
  if (hold === null) return `${user}: hold must be true or false`;
  const file = values['passwordFile'] ?? filled(row, mapping.passwordFile, user);
  if (file === undefined) return `${user}: its name does not fit into the path of a password file`;
  return {
    user,
    server,
    passwordFile: file,
    quota: values['quota'] ?? null,
    hold,
    keepNewerThan: values['keepNewerThan'] ?? null,
  };
}

const notPlain = `a value is longer than ${maxValue} characters or has signs that can't be shown`;

/** The value of a column, or of a text with columns in it; null: there is none. */
function valueOf(row: SourceRow, column: string): string | null {
  if (!column.includes('{')) return textOf(row, column);
  const parts = [...column.matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) => textOf(row, name));
  if (parts.includes(null)) return null;
  let next = 0;
  return column.replaceAll(/\{[^{}]+\}/g, () => parts[next++] ?? '');
}

function textOf(row: SourceRow, column: string): string | null {
  const value = Object.hasOwn(row, column) ? row[column] : null;
  // LDAP has lists; the first is the one that directories show.
  const one: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof one === 'string') return one.trim() === '' ? null : one.trim();
  return typeof one === 'number' || typeof one === 'boolean' || typeof one === 'bigint' ? String(one) : null;
}

/** One line that can be shown (as `accounts[].user` in mothball.yaml). */
function isPlain(text: string): boolean {
  return text.length <= maxValue && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text);
}

/** A path with columns in it. What is put in is one part of the path: it leads nowhere else. Undefined: it does not fit. */
function filled(row: SourceRow, template: string | null, user: string): string | null | undefined {
  if (template === null) return null;
  const path = valueOf({ ...row, user }, template);
  if (path === null) return undefined;
  const parts = [...template.matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) =>
    name === 'user' ? user : (textOf(row, name) ?? ''),
  );
  const whole = template.startsWith('{path}');
  return !whole && parts.some((part) => /[/\\]/.test(part) || part === '.' || part === '..')
    ? undefined
    : path;
}

function flagOf(text: string | null): boolean | null {
  if (text === null) return false;
  const word = text.toLowerCase();
  if (['true', 'yes', '1', 't', 'y'].includes(word)) return true;
  return ['false', 'no', '0', 'f', 'n'].includes(word) ? false : null;
}

/**
 * Why a new list is not taken: it lacks more than `maxShrink` percent of the accounts of the last one. A
 * half-filled table or a wrong filter must not look as if half of the people had left. Null: it is taken.
 */
export function shrinkFault(
  old: readonly ListedAccount[],
  next: readonly ListedAccount[],
  maxShrink: number,
): string | null {
  const there = new Set(next.map(({ server, user }) => JSON.stringify([server, user])));
  const gone = old.filter(({ server, user }) => !there.has(JSON.stringify([server, user]))).length;
  if (gone <= (old.length * maxShrink) / 100) return null;
  return `it lacks ${count(gone)} of ${countOf(old.length, 'account')} of the last list, more than maxShrink allows (${maxShrink} %)`;
}
