import { readFileSync } from 'node:fs';

/** Path of a page from the top of the repository, such as README.md or docs/daemon.md. */
export type Page = string;

export interface Block {
  /** From `<!-- test: name -->` before it; null for a block that no test runs. */
  readonly name: string | null;
  readonly language: string;
  readonly text: string;
}

/** The whole text of a page. */
export function textOf(page: Page): string {
  return readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
}

/** Every fenced block of a page, in order. */
export function blocks(page: Page): readonly Block[] {
  return blocksIn(textOf(page));
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

/** The text of a marked block. @throws when the page has none, or several, of that name. */
export function block(page: Page, name: string): string {
  const [first, ...more] = blocks(page).filter((candidate) => candidate.name === name);
  if (first === undefined || more.length > 0)
    throw new Error(`${page} needs exactly one block marked ${name}`);
  return first.text;
}

/** Rows of the table whose first title is this, as cells without the marks of code. */
export function tableRows(page: Page, title: string): readonly (readonly string[])[] {
  const lines = textOf(page).split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${title} `));
  if (start < 0) throw new Error(`${page} has no table that starts with ${title}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

/** Targets of links within the repository. */
export function localLinks(page: Page): readonly string[] {
  return [...textOf(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
}

/** Long options that a page names in its text, without those of other programs. */
export function optionsNamed(page: Page): readonly string[] {
  return [...new Set([...textOf(page).matchAll(/(?<![-\w])--[a-z][a-z-]+/g)].map(([option]) => option))];
}
