import { createHash } from 'node:crypto';

/** Where a message came from. */
export interface Origin {
  readonly server: string;
  readonly account: string;
  /** Folder path; `/` parts its levels. */
  readonly folder: string;
}

/** Code points of a name: with four bytes each, a mark and an ending it fits 255. */
const longest = 60;
/** Names that Windows keeps for devices. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * Names for the folders of accounts as a tree of directories and files. No name leaves the tree; no
 * two folders share one, not even where case or accents don't count: the later one gets a mark.
 */
export class TreeNames {
  readonly #reserved: readonly string[];
  /** Name by parent and identity. */
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** `reserved`: names that no folder may have. */
  constructor(reserved: readonly string[] = []) {
    this.#reserved = reserved;
  }

  /** Names from the account down to the folder; the last one ends in `ending`. */
  path({ server, account, folder }: Origin, ending = ''): readonly string[] {
    const path = [this.#name('', `${server}\0${account}`, account, '')];
    const levels = folder.split('/');
    for (const [index, level] of levels.entries()) {
      const end = index === levels.length - 1 ? ending : '';
      path.push(this.#name(path.join('/'), level, level, end));
    }
    return path;
  }

  #name(parent: string, identity: string, wanted: string, ending: string): string {
    const key = [parent, identity, ending].join('\0\0');
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const plain = safeName(wanted) || '_';
    let name = plain + ending;
    for (let digits = 8; this.#isTaken(parent, name); digits += 8)
      name = `${plain} ${createHash('sha256').update(identity).digest('hex').slice(0, digits)}${ending}`;
    this.#taken.add(fold(parent, name));
    this.#names.set(key, name);
    return name;
  }

  #isTaken(parent: string, name: string): boolean {
    return this.#taken.has(fold(parent, name)) || this.#reserved.includes(name.toLowerCase());
  }
}

function fold(parent: string, name: string): string {
  return `${parent}/${name.normalize('NFKD').toLowerCase()}`;
}

/** Letters, digits and a few safe marks; the rest becomes `_`. No dot at the start, no dot or blank at the end. */
export function safeName(text: string): string {
  const plain = text
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}@+=, .-]+/gu, '_')
    .replace(/^[. ]+/, '_');
  const name = Array.from(plain).slice(0, longest).join('').trim().replace(/\.+$/, '_');
  return devices.test(name) ? `_${name}` : name;
}
