import { readFileSync } from 'node:fs';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

export interface Block {
  /** From `<!-- test: name -->` before it; null for a block that no test runs. */
  readonly name: string | null;
  readonly language: string;
  readonly text: string;
}

/** Every fenced block of README.md, in order. */
export function blocks(): readonly Block[] {
  return blocksIn(readme);
}

/** Every fenced block of a Markdown text, in order. */
export function blocksIn(markdown: string): readonly Block[] {
  const pattern = /(?:<!-- test: (\S+) -->\n+)?```(\w*)\n([^]*?)\n```/g;
  return [...markdown.matchAll(pattern)].map(([, name, language = '', text = '']) => ({
    name: name ?? null,
    language,
    text: `${text}\n`,
  }));
}

/** The text of a marked block. @throws when README.md has none, or several, of that name. */
export function block(name: string): string {
  const [first, ...more] = blocks().filter((candidate) => candidate.name === name);
  if (first === undefined || more.length > 0)
    throw new Error(`README.md needs exactly one block marked ${name}`);
  return first.text;
}

/** Rows of the table whose first title is this, as cells without the marks of code. */
export function tableRows(title: string): readonly (readonly string[])[] {
  const lines = readme.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${title} `));
  if (start < 0) throw new Error(`README.md has no table that starts with ${title}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

/** Targets of links within the repository. */
export function localLinks(): readonly string[] {
  return [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, target = '']) => target);
}

/** Long options that README.md names in its text, without those of other programs. */
export function optionsNamed(): readonly string[] {
  return [...new Set([...readme.matchAll(/(?<![-\w])--[a-z][a-z-]+/g)].map(([option]) => option))];
}
