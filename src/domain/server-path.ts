import type { Folder } from './folder.ts';

/** How a server spells the paths of its folders. */
export interface Spelling {
  /** Between levels; null: there are no levels. */
  readonly delimiter: string | null;
  /** Of the folder's namespace; empty, or with the delimiter at its end. */
  readonly prefix: string;
}

/**
 * The path on a server for a folder name with `/` between levels: of the folder that has this path or
 * name already, else one made with the server's own delimiter and namespace prefix, as far as the
 * personal folders show them.
 */
export function serverPath(folders: readonly Folder[], name: string): string {
  const inbox = name.toUpperCase() === 'INBOX';
  const known =
    folders.find((folder) => folder.path === name) ??
    folders.find((folder) => folder.namespace === 'personal' && folder.name === (inbox ? 'INBOX' : name));
  if (known !== undefined) return known.path;
  const { delimiter, prefix } = spellingOf(folders);
  // A name that begins with the prefix is spelled as the server spells it.
  if (prefix !== '' && name.startsWith(prefix)) return name.replaceAll('/', delimiter);
  if (delimiter === '/') return prefix + name;
  return prefix + joined(name.split('/'), delimiter);
}

/** How the server spells the paths of new personal folders. */
function spellingOf(folders: readonly Folder[]): { readonly delimiter: string; readonly prefix: string } {
  const personal = folders.filter((folder) => folder.namespace === 'personal');
  const delimiter = personal.find((folder) => folder.delimiter !== null)?.delimiter ?? '/';
  const told = personal.find((folder) => folder.personalPrefix !== undefined)?.personalPrefix;
  return { delimiter, prefix: told ?? prefixOf(personal) };
}

function joined(levels: readonly string[], delimiter: string): string {
  return levels.map((level) => level.replaceAll(delimiter, '_')).join(delimiter);
}

/** Whether all personal folders are below INBOX, as in `INBOX.Sent`. */
function isBelowInbox(prefix: string): boolean {
  return /^inbox.$/i.test(prefix);
}

/**
 * The path on this server for a folder that another one spelled in its own way, level by level: a
 * level may hold what separates levels here, which becomes `_`.
 */
export function respelledPath(folders: readonly Folder[], path: string, from: Spelling): string {
  const rest = path.startsWith(from.prefix) ? path.slice(from.prefix.length) : path;
  const levels = from.delimiter === null || from.delimiter === '' ? [rest] : rest.split(from.delimiter);
  const inbox = levels[0]?.toUpperCase() === 'INBOX';
  const { delimiter, prefix } = spellingOf(folders);
  // What is below INBOX there is below INBOX here, but only once.
  const below = inbox && levels.length > 1 && isBelowInbox(prefix) ? levels.slice(1) : levels;
  const name = (inbox && below === levels ? ['INBOX', ...levels.slice(1)] : below).join('/');
  const known = folders.find((folder) => folder.namespace === 'personal' && folder.name === name);
  if (known !== undefined && !below.some((level) => level.includes('/'))) return known.path;
  if (inbox && levels.length === 1) return 'INBOX';
  return prefix + joined(below, delimiter);
}

/** The prefix of the names of personal folders other than INBOX, as in `INBOX.Sent`. */
function prefixOf(personal: readonly Folder[]): string {
  for (const { path, name, delimiter, roles } of personal) {
    const own = delimiter === null ? name : name.replaceAll('/', delimiter);
    if (!roles.includes('inbox') && path.length > own.length && path.endsWith(own))
      return path.slice(0, -own.length);
  }
  return '';
}

/**
 * The path of a folder that was archived from another server and is not on this one. This archive does not
 * say what its server's delimiter was: `INBOX.` in front shows a dot; a slash is one where this server
 * has another delimiter, and puts its own prefix in front of its folders.
 */
export function movedPath(folders: readonly Folder[], path: string): string {
  const { delimiter, prefix } = spellingOf(folders);
  const dotted = /^INBOX\.(.+)$/i.exec(path)?.[1];
  if (dotted !== undefined && delimiter !== '.') return serverPath(folders, dotted.replaceAll('.', '/'));
  const foreign = prefix !== '' && !path.toLowerCase().startsWith(prefix.toLowerCase());
  return foreign ? serverPath(folders, path) : path;
}
