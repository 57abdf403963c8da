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

/** The prefix of the names of personal folders other than INBOX, as in `INBOX.Sent`. */
function prefixOf(personal: readonly Folder[]): string {
  for (const { path, name, delimiter, roles } of personal) {
    const own = delimiter === null ? name : name.replaceAll('/', delimiter);
    if (!roles.includes('inbox') && path.length > own.length && path.endsWith(own))
      return path.slice(0, -own.length);
  }
  return '';
}
