import { isMap, isNode, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

export interface ValueRow {
  /** Such as `image.tag`. */
  readonly key: string;
  readonly value: unknown;
  /** The comment above it that starts with `--`; null without one. */
  readonly description: string | null;
}

/** Every key of values.yaml with its comment, parents before their children. */
export function valueRows(text: string): readonly ValueRow[] {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) throw new Error('values.yaml is not a mapping');
  return rowsOf(contents, '');
}

function rowsOf(map: YAMLMap, prefix: string): readonly ValueRow[] {
  return map.items.flatMap((pair: Pair, index) => {
    if (!isScalar(pair.key)) throw new Error(`a key below "${prefix}" is no text`);
    // The comment before the first key of a mapping is the mapping's.
    const before = pair.key.commentBefore ?? (index === 0 ? map.commentBefore : null) ?? '';
    const key = `${prefix}${String(pair.key.value)}`;
    const value: unknown = isNode(pair.value) ? pair.value.toJSON() : pair.value;
    const row = { key, value, description: described(before) };
    return [row, ...(isMap(pair.value) ? rowsOf(pair.value, `${key}.`) : [])];
  });
}

function described(comment: string): string | null {
  const [, text] = /(?:^|\n) -- ([^]*)$/.exec(comment) ?? [];
  return text === undefined ? null : text.replaceAll(/\s*\n\s*/g, ' ').trim();
}

/** A table of the documented values. */
export function valuesTable(text: string): string {
  const rows = valueRows(text).flatMap(({ key, value, description }) =>
    description === null
      ? []
      : [`| \`${key}\` | ${cell(shown(value))} | ${description.replaceAll('|', '\\|')} |`],
  );
  return ['| Key | Default | What it is |', '| --- | --- | --- |', ...rows].join('\n');
}

/** Large defaults are better read in values.yaml. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? 'see `values.yaml`' : `\`${text}\``;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
