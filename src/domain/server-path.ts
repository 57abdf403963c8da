import type { Folder } from './folder.ts';

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
  const personal = folders.filter((folder) => folder.namespace === 'personal');
  const delimiter = personal.find((folder) => folder.delimiter !== null)?.delimiter ?? '/';
  const told = personal.find((folder) => folder.personalPrefix !== undefined)?.personalPrefix;
  const prefix = told ?? prefixOf(personal);
  // A name that begins with the prefix is spelled as the server spells it.
  if (prefix !== '' && name.startsWith(prefix)) return name.replaceAll('/', delimiter);
  if (delimiter === '/') return prefix + name;
  const levels = name.split('/').map((level) => level.replaceAll(delimiter, '_'));
  return prefix + levels.join(delimiter);
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
