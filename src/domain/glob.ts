import { RE2JS } from 're2js';
import type { Folder } from './folder.ts';
import type { Patterns } from './policy.ts';

/**
 * Globs have four special signs: `*`, `**`, `?` and `{a,b}`; a backslash takes the next sign as it
 * is, and everything else stands for itself, so that `[Gmail]/Sent` and `[JIRA]*` mean what they
 * say. They run on RE2, in time linear in the text: a backtracking engine needs seconds for
 * `*a*a*a*a*b` on a subject that a stranger wrote (SAFETY "Security").
 *
 * folder: letter case counts (but INBOX in any case), `*` and `?` stop at `/`, `**` does not.
 * text (accounts, headers): any case, `*` spans everything, line ends too.
 */
type GlobKind = 'folder' | 'text';

/** Longest pattern, in UTF-16 units. */
export const maxGlobLength = 256;

/** Patterns come from queries of the page too, so at most this many are kept; one takes some 34 KiB. */
const mostCompiled = 1000;
const compiled = new Map<string, RE2JS>();

/** What is wrong with a pattern, or null. */
export function globFault(pattern: string): string | null {
  if (pattern === '') return 'an empty pattern matches nothing';
  if (pattern.length > maxGlobLength) return `longer than ${maxGlobLength} characters`;
  if (/(?:^|[^\\])(?:\\\\)*\\$/.test(pattern)) return 'ends in a backslash; write \\\\ for the sign itself';
  return null;
}

/** The pattern of exactly this text. */
export function globOf(text: string): string {
  return text.replaceAll(/[\\*?{}]/g, String.raw`\$&`);
}

/** Fields that hold mail addresses (RFC 5322 §3.6), in lower case. */
const addressFields = new Set(['from', 'sender', 'reply-to', 'to', 'cc', 'bcc', 'resent-from', 'resent-to']);

/**
 * Whether a value of the header field (lower case) matches the glob: the whole value, and in a
 * field of addresses also one of them alone.
 */
export function headerGlob(field: string, glob: string): (value: string) => boolean {
  const regex = compile('text', glob);
  const parts = addressFields.has(field) ? addresses : (): readonly string[] => [];
  return (value) => regex.testExact(value) || parts(value).some((part) => regex.testExact(part));
}

/** `<a@x>` anywhere, and bare addresses between commas: what `from: "*@x"` is about. In linear time. */
function addresses(value: string): readonly string[] {
  const found = value.split(',').flatMap((part) => {
    const bare = part.trim();
    return /^[^\s<>@"]+@[^\s<>@"]+$/.test(bare) ? [bare] : [];
  });
  let close = -1;
  for (let open = value.indexOf('<'); open >= 0; open = value.indexOf('<', open + 1)) {
    const another = value.indexOf('<', open + 1);
    // Looked for once each: with thousands of open brackets before it, each search would be long.
    if (close < open) close = value.indexOf('>', open);
    if (close < 0) break;
    // The innermost pair of brackets is the address.
    const inside = another < 0 || close < another ? value.slice(open + 1, close) : '';
    if (inside.slice(1, -1).includes('@') && !/\s/.test(inside)) found.push(inside);
  }
  return found;
}

/** Whether an account name matches a glob, in any case. */
export function accountMatches(patterns: Patterns, account: string): boolean {
  return selected(patterns, (pattern) => compile('text', pattern).testExact(account));
}

/** Whether a folder matches one pattern: a glob on its name, or `role:trash` on its SPECIAL-USE. */
export function folderMatches(pattern: string, folder: Pick<Folder, 'name' | 'roles'>): boolean {
  const role = roleOf(pattern);
  if (role !== null) return folder.roles.some((known) => known === role);
  return compile('folder', pattern).testExact(folder.name);
}

/** Whether a folder matches an include pattern and no exclude pattern. */
export function folderSelected(patterns: Patterns, folder: Pick<Folder, 'name' | 'roles'>): boolean {
  return selected(patterns, (pattern) => folderMatches(pattern, folder));
}

/** The role that a `role:…` pattern names, in lower case; null for a glob. */
export function roleOf(pattern: string): string | null {
  return pattern.startsWith('role:') ? pattern.slice('role:'.length).toLowerCase() : null;
}

function selected(patterns: Patterns, matches: (pattern: string) => boolean): boolean {
  return patterns.include.some(matches) && !patterns.exclude.some(matches);
}

function compile(kind: GlobKind, pattern: string): RE2JS {
  const key = `${kind} ${pattern}`;
  const known = compiled.get(key);
  if (known !== undefined) {
    // The newest is last, so that the pattern that was not used for longest leaves first.
    compiled.delete(key);
    compiled.set(key, known);
    return known;
  }
  const fault = globFault(pattern);
  if (fault !== null) throw new RangeError(`pattern "${pattern.slice(0, maxGlobLength)}": ${fault}`);
  const flags = RE2JS.DOTALL | (kind === 'text' ? RE2JS.CASE_INSENSITIVE : 0);
  const regex = RE2JS.compile(translate(pattern, kind, true), flags);
  for (const oldest of compiled.keys()) {
    if (compiled.size < mostCompiled) break;
    compiled.delete(oldest);
  }
  compiled.set(key, regex);
  return regex;
}

/** The glob as an RE2 expression. `atStart`: nothing of the pattern comes before it. */
function translate(pattern: string, kind: GlobKind, atStart: boolean): string {
  let source = '';
  let rest = pattern;
  if (kind === 'folder' && atStart && /^inbox(?:\/|$)/i.test(rest)) {
    source = 'INBOX';
    rest = rest.slice('inbox'.length);
  }
  while (rest !== '') {
    const [taken, regex] = next(rest, kind, atStart && rest === pattern);
    source += regex;
    rest = rest.slice(taken);
  }
  return source;
}

/** The first sign or group of `rest`: how many characters it takes and what it becomes. */
function next(rest: string, kind: GlobKind, atStart: boolean): readonly [number, string] {
  if (rest.startsWith('\\')) return [2, RE2JS.quote(rest.slice(1, 2))];
  if (kind === 'folder') {
    // `Keep/**` is Keep and all below it; `**/x` is x anywhere.
    if (rest === '/**' || rest.startsWith('/**/')) return [3, '(?:/.*)?'];
    if (atStart && rest.startsWith('**/')) return [3, '(?:.*/)?'];
  }
  const stars = /^\*+/.exec(rest)?.[0].length ?? 0;
  if (stars > 0) return [stars, stars > 1 || kind === 'text' ? '.*' : '[^/]*'];
  if (rest.startsWith('?')) return [1, kind === 'text' ? '.' : '[^/]'];
  const choice = alternatives(rest);
  if (choice !== null) {
    const options = choice.options.map((option) => translate(option, kind, atStart));
    return [choice.length, `(?:${options.join('|')})`];
  }
  const literal = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  return [literal.length, RE2JS.quote(literal)];
}

/** `{a,b}` at the start of the text; null when the brace is not closed or has no comma in it. */
function alternatives(text: string): { readonly length: number; readonly options: readonly string[] } | null {
  if (!text.startsWith('{')) return null;
  const options: string[] = [];
  let depth = 0;
  let start = 1;
  for (let index = 0; index < text.length; index++) {
    const sign = text[index];
    if (sign === '\\') index++;
    else if (sign === '{') depth++;
    else if (sign === ',' && depth === 1) {
      options.push(text.slice(start, index));
      start = index + 1;
    } else if (sign === '}' && --depth === 0) {
      options.push(text.slice(start, index));
      return options.length > 1 ? { length: index + 1, options } : null;
    }
  }
  return null;
}
