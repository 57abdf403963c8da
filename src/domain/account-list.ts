import { count, countOf } from './count.ts';
import { accountMatches, globFault, globOf } from './glob.ts';
import type { Patterns } from './policy.ts';

/** Why a row can't be trusted although it has columns, under a name that no column can have. */
export const rowFault = Symbol('what is wrong with a row');

/** One row of an account source, by column. Nothing in it is trusted. */
export type SourceRow = Readonly<Record<string, unknown>> & { readonly [rowFault]?: string };

/** What a row asks to keep. */
export interface ListedKeep {
  readonly user: string;
  /** True: nothing is archived or deleted. */
  readonly hold: boolean;
  /** Mail younger than this stays, whatever the policies say; null: as the policies say. */
  readonly keepNewerThan: string | null;
}

/** An account that a source lists, with what only this source knows of it. */
export interface ListedAccount extends ListedKeep {
  readonly server: string;
  /** Path as it was written; null: as the server's `auth` says. */
  readonly passwordFile: string | null;
  /** As it was written, like `5GiB`; null: the server's. */
  readonly quota: string | null;
}

/** A row that gives no account, by its number from 1. */
export interface RowProblem {
  readonly row: number;
  readonly reason: string;
}

/** The last list of a source that was taken. */
export interface AccountList {
  readonly accounts: readonly ListedAccount[];
  /** Of rows that give no account, or none of their own: what they ask to keep counts all the same. */
  readonly keeps: readonly ListedKeep[];
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
  const keeps: ListedKeep[] = [];
  const problems: RowProblem[] = [];
  for (const [index, row] of rows.entries()) {
    const keep = keepOf(row, mapping);
    const result = accountOf(row, mapping, keep);
    const key = typeof result === 'string' ? null : JSON.stringify([result.server, result.user]);
    if (typeof result !== 'string' && key !== null && !found.has(key)) {
      if (accountMatches(mapping.filter, result.user)) found.set(key, result);
      else if (asks(result)) keeps.push(keepAlone(result));
      continue;
    }
    const reason = typeof result === 'string' ? result : 'the account is in the list already';
    problems.push({ row: index + 1, reason });
    if (keep !== null && asks(keep)) keeps.push(keep);
  }
  const rest = problems.length - maxProblems;
  if (rest > 0)
    problems.splice(maxProblems, rest, { row: 0, reason: `${countOf(rest, 'more row')} like these` });
  const order = (a: ListedAccount, b: ListedAccount): number =>
    compare(a.server, b.server) || compare(a.user, b.user);
  return { accounts: [...found.values()].toSorted(order), keeps: distinctKeeps(keeps), problems };
}

/** Whether an entry asks to keep anything. */
export function asks({ hold, keepNewerThan }: ListedKeep): boolean {
  return hold || keepNewerThan !== null;
}

function keepAlone({ user, hold, keepNewerThan }: ListedKeep): ListedKeep {
  return { user, hold, keepNewerThan };
}

/** All that a list asks to keep, and what another one does, each once. */
export function keepsOf(list: AccountList, other: AccountList): readonly ListedKeep[] {
  const asked = [list, other].flatMap(({ accounts, keeps }) => [...keeps, ...accounts.filter(asks)]);
  return distinctKeeps(asked);
}

function distinctKeeps(keeps: readonly ListedKeep[]): readonly ListedKeep[] {
  const found = new Map<string, ListedKeep>();
  for (const keep of keeps.map(keepAlone)) found.set(JSON.stringify(keep), keep);
  return [...found.values()].toSorted((a, b) => compare(a.user, b.user));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What a row asks to keep, if its user can be read. What can't be read asks to keep everything. */
function keepOf(row: SourceRow, { columns }: RowMapping): ListedKeep | null {
  const user = valueOf(row, columns.user);
  if (user === null || userFault(user) !== null) return null;
  const keepNewerThan = valueOf(row, columns.keepNewerThan);
  const unclear =
    isSeveral(row, columns.keepNewerThan) || (keepNewerThan !== null && !isPlain(keepNewerThan));
  const held =
    row[rowFault] !== undefined || unclear || flagsOf(row, columns.hold).some((flag) => flag !== false);
  return { user, hold: held, keepNewerThan: unclear ? null : keepNewerThan };
}

function accountOf(row: SourceRow, mapping: RowMapping, keep: ListedKeep | null): ListedAccount | string {
  const { columns } = mapping;
  const user = valueOf(row, columns.user);
  if (user === null) return row[rowFault] ?? `column "${columns.user}" is empty`;
  const fault = userFault(user);
  if (fault !== null || keep === null) return fault ?? notPlain;
  const read = (field: ListedField): string | null => valueOf(row, columns[field]);
  const values = Object.fromEntries(listedFields.map((field) => [field, read(field)]));
  for (const value of Object.values(values)) if (value !== null && !isPlain(value)) return notPlain;
  const wrong = row[rowFault];
  if (wrong !== undefined) return `${user}: ${wrong}`;
  const server = values['server'] ?? mapping.server;
  if (server === null) return `${user}: it names no server`;
  if (!mapping.servers.includes(server)) return `${user}: there is no server "${server}"`;
  if (flagsOf(row, columns.hold).includes(null)) return `${user}: hold must be true or false`;
  const file = values['passwordFile'] ?? filled(row, mapping.passwordFile, user);
  if (file === undefined) return `${user}: its name does not fit into the path of a password file`;
  return { ...keep, server, passwordFile: file, quota: values['quota'] ?? null };
}

const notPlain = `a value is longer than ${maxValue} characters or has signs that can't be shown`;

/** Its holds are found by a pattern of its name. */
function userFault(user: string): string | null {
  if (!isPlain(user)) return notPlain;
  return globFault(globOf(user)) === null ? null : 'the name is too long for its many special signs';
}

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

/** Each value of a column that says yes or no; null: it says neither. A directory may have several. */
function flagsOf(row: SourceRow, column: string): readonly (boolean | null)[] {
  const value = isSeveral(row, column) ? row[column] : null;
  const texts = Array.isArray(value) ? value.map(String) : [valueOf(row, column)];
  return texts.map(flagOf);
}

function isSeveral(row: SourceRow, column: string): boolean {
  const value = Object.hasOwn(row, column) ? row[column] : null;
  return Array.isArray(value) && value.length > 1;
}

function flagOf(text: string | null): boolean | null {
  if (text === null) return false;
  const word = text.trim().toLowerCase();
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
