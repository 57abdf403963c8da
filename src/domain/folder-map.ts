/** `--map OLD=NEW`: what was in folder OLD, and in the folders below it, goes to NEW. */
export interface FolderMap {
  /** Levels, from the top. */
  readonly old: readonly string[];
  /** With `/` between levels. */
  readonly target: string;
}

/** Reads `OLD=NEW`, both with `/` between levels; `\=` is an equals sign of a name. Null: it is not of this form. */
export function parseFolderMap(text: string): FolderMap | null {
  const found = /^((?:[^=\\]|\\=|\\(?!=))+)=(.+)$/s.exec(text);
  const [, before = '', target = ''] = found ?? [];
  const clean = (name: string): string => name.replaceAll('\\=', '=').replace(/^\/+|\/+$/g, '');
  const old = clean(before);
  if (old === '' || clean(target) === '') return null;
  return { old: old.split('/'), target: clean(target) };
}

/** The map that covers a folder, the most exact one, and what is below its OLD. */
export function mapOf(
  maps: readonly FolderMap[],
  levels: readonly string[],
): { readonly map: FolderMap; readonly rest: readonly string[] } | null {
  let best: FolderMap | null = null;
  for (const map of maps) {
    const covers = map.old.every((level, index) => sameLevel(level, levels[index], index));
    if (covers && (best === null || map.old.length > best.old.length)) best = map;
  }
  return best === null ? null : { map: best, rest: levels.slice(best.old.length) };
}

/** INBOX in any case (RFC 9051 §5.1), and only that. */
function sameLevel(a: string, b: string | undefined, index: number): boolean {
  if (a === b) return true;
  return index === 0 && a.toUpperCase() === 'INBOX' && b?.toUpperCase() === 'INBOX';
}
