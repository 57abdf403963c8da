import { createHash } from 'node:crypto';
import { mapOf, type FolderMap } from '../domain/folder-map.ts';
import { type Folder, holdsMail, type Role } from '../domain/folder.ts';
import { serverPath } from '../domain/server-path.ts';

/** Where archived mail came from, as far as its archive says so. */
export interface FolderOrigin {
  /** Equal for the same folder of the same account. */
  readonly key: string;
  /** The path as its server had it; of imported mail a name with `/` between levels. */
  readonly path: string;
  readonly roles: readonly string[];
  readonly imported: boolean;
  /** It was archived from the account that it goes back to. */
  readonly own: boolean;
  /** Undefined: the archive does not say. */
  readonly delimiter?: string | null | undefined;
  /** What the paths of personal folders began with on its server. Undefined: the archive does not say. */
  readonly prefix?: string | undefined;
}

/** Where mail goes. */
export interface FolderPlace {
  readonly path: string;
  /** What to try, in this order, where the server refuses to make a folder of this name. */
  readonly otherPaths: readonly string[];
  /** The use that a new folder should have. */
  readonly role: Role | null;
}

/** Uses that folders of two servers have in common. INBOX has its own rule; the others mirror mail. */
const uses: readonly Role[] = ['archive', 'drafts', 'junk', 'sent', 'trash'];
/** Bytes of a name on the wire: in a Maildir all levels are one file name of at most 255. */
const shortName = 180;

/** The levels of a folder's name, without the namespace's prefix. */
export function levelsOf(origin: FolderOrigin, here: string): readonly string[] {
  const { path, imported } = origin;
  if (/^inbox$/i.test(path)) return ['INBOX'];
  if (imported) return path.split('/');
  const { delimiter, prefix = '' } = origin;
  if (delimiter !== undefined) {
    const own = prefix !== '' && path.toLowerCase().startsWith(prefix.toLowerCase());
    const rest = own ? path.slice(prefix.length) : path;
    return topInbox(delimiter === null || delimiter === '' ? [rest] : rest.split(delimiter));
  }
  // Archives of older versions: `INBOX.` in front shows a dot, a slash is most likely one itself.
  const dotted = /^inbox\.(.+)$/i.exec(path)?.[1];
  if (dotted !== undefined) return dotted.split('.');
  return topInbox(path.split(path.includes('/') ? '/' : here));
}

function topInbox([first = '', ...rest]: readonly string[]): readonly string[] {
  return [/^inbox$/i.test(first) ? 'INBOX' : first, ...rest];
}

/**
 * Where the mail of each origin goes on a server with these folders: where a map says; its own folder, if
 * it is still there; INBOX to INBOX; a special folder to the one of the same use; else a folder of the same
 * name, spelled as this server spells names. Two origins whose names become equal only by that spelling
 * stay apart. By `FolderOrigin.key`. `allMail`: the folder of Gmail that all mail is put into.
 */
export function placesOf(
  folders: readonly Folder[],
  origins: readonly FolderOrigin[],
  maps: readonly FolderMap[],
  allMail: string | null = null,
): ReadonlyMap<string, FolderPlace> {
  const server = new TargetServer(folders, allMail);
  const named = new Map<string, Set<string>>();
  for (const origin of origins) {
    const levels = levelsOf(origin, server.delimiter);
    const path = server.spell(levels);
    named.set(path, (named.get(path) ?? new Set()).add(levels.join('\0')));
  }
  const places = new Map<string, FolderPlace>();
  for (const origin of origins) {
    const levels = levelsOf(origin, server.delimiter);
    places.set(origin.key, server.mapped(maps, levels) ?? server.known(origin, levels) ?? byName(levels));
    function byName(wanted: readonly string[]): FolderPlace {
      const alone = (named.get(server.spell(wanted))?.size ?? 0) < 2 || !server.alters(wanted);
      return server.named(wanted, alone, roleOf(origin));
    }
  }
  return places;
}

function roleOf({ roles }: FolderOrigin): Role | null {
  return uses.find((use) => roles.includes(use)) ?? null;
}

class TargetServer {
  readonly #folders: readonly Folder[];
  readonly #personal: readonly Folder[];
  readonly delimiter: string;
  readonly #prefix: string;
  readonly #allMail: string | null;
  /** First levels of namespaces that others see. */
  readonly #foreign: ReadonlySet<string>;

  constructor(folders: readonly Folder[], allMail: string | null) {
    this.#folders = folders;
    this.#allMail = allMail;
    this.#personal = folders.filter(({ namespace }) => namespace === 'personal');
    this.delimiter = this.#personal.find(({ delimiter }) => delimiter !== null)?.delimiter ?? '/';
    const any = serverPath(folders, '\u0000');
    this.#prefix = any.slice(0, -1);
    const top = (path: string): string => path.split(this.delimiter)[0] ?? '';
    this.#foreign = new Set(
      folders.filter(({ namespace }) => namespace !== 'personal').map(({ path }) => top(path)),
    );
  }

  mapped(maps: readonly FolderMap[], levels: readonly string[]): FolderPlace | null {
    const found = mapOf(maps, levels);
    if (found === null) return null;
    const below = found.rest.map((level) => level.replaceAll('/', '_'));
    const path = serverPath(this.#folders, [found.map.target, ...below].join('/'));
    return { path, otherPaths: [], role: null };
  }

  /** A folder that is there already; null: none that fits by itself. */
  known(origin: FolderOrigin, levels: readonly string[]): FolderPlace | null {
    const there = (path: string): FolderPlace => ({ path, otherPaths: [], role: null });
    if (levels.length === 1 && levels[0] === 'INBOX') return there(serverPath(this.#folders, 'INBOX'));
    if (origin.own && !origin.imported && this.#folders.some(({ path }) => path === origin.path))
      return there(origin.path);
    if (this.#allMail !== null && origin.roles.includes('all')) return there(this.#allMail);
    const role = roleOf(origin);
    if (role === null) return null;
    const same = this.#personal.filter((folder) => holdsMail(folder) && folder.roles.includes(role));
    const [first] = same;
    return first === undefined ? null : there((same.find(({ path }) => path === origin.path) ?? first).path);
  }

  /** A name with the prefix and the delimiter of this server. */
  spell(wanted: readonly string[]): string {
    const levels = this.#isInboxTwice(wanted) ? wanted.slice(1) : wanted;
    const name = levels.join('/');
    const exact = !levels.some((level) => level.includes('/'));
    const own = this.#personal.find((folder) => exact && folder.name === name);
    if (own !== undefined) return own.path;
    const [first = '', ...rest] = levels.map((level) => level.replaceAll(this.delimiter, '_') || '_');
    // A folder in a namespace of others would show this mail to them.
    const top = this.#prefix === '' && this.#foreign.has(first) ? `${first}_` : first;
    return this.#prefix + [top, ...rest].join(this.delimiter);
  }

  /** What is below INBOX on another server is below INBOX here, where everything is, but only once. */
  #isInboxTwice(levels: readonly string[]): boolean {
    return levels.length > 1 && levels[0] === 'INBOX' && /^inbox.$/i.test(this.#prefix);
  }

  /** Whether the path may be that of other levels, too. */
  alters(levels: readonly string[]): boolean {
    if (this.#isInboxTwice(levels)) return true;
    return levels.some((level) => level.includes(this.delimiter) || level === '');
  }

  named(levels: readonly string[], alone: boolean, role: Role | null): FolderPlace {
    const mark = createHash('sha256').update(levels.join('\0')).digest('hex').slice(0, 6);
    const marked = ([...names]: readonly string[]): readonly string[] => [
      ...names.slice(0, -1),
      `${names.at(-1) ?? ''}-${mark}`,
    ];
    const path = this.spell(alone ? levels : marked(levels));
    const mirror = this.#folders.find((folder) => folder.path === path && folder.mirror);
    const safe = levels.map(safeLevel);
    const others = [this.spell(marked(safe)), this.spell(marked(shortened(safe)))];
    const [first = path, ...rest] = mirror === undefined ? [path, ...others] : others;
    return { path: first, otherPaths: [...new Set(rest)].filter((one) => one !== first), role };
  }
}

/** Without what servers are known to refuse: control characters, wildcards, quotes, `~` and dots in front. */
function safeLevel(level: string): string {
  const plain = level
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{M}\p{N} _.+@,=-]/gu, '_')
    .replaceAll(/^[.\s-]+|[.\s]+$/g, '_');
  return plain === '' ? '_' : plain;
}

/** Cut so that even a server that keeps the whole name as one file name can store it. */
function shortened(levels: readonly string[]): readonly string[] {
  const depth = Math.min(levels.length, 8);
  const each = Math.max(8, Math.floor(shortName / depth) - 1);
  return levels.slice(0, depth).map((level, index) => {
    let room = index === depth - 1 ? each - 7 : each;
    let cut = '';
    for (const character of level) {
      // In modified UTF-7 a character beyond ASCII takes up to eight bytes, alone between ASCII ones.
      room -= /[\x20-\x7e]/.test(character) ? 1 : 8;
      if (room < 0) break;
      cut += character;
    }
    return cut === '' ? '_' : cut;
  });
}
