/** Elements whose content nobody reads. */
const unread = ['script', 'style', 'head', 'template'] as const;
/** Elements that may begin or end within a word. */
const inline: ReadonlySet<string> = new Set(
  'a abbr b bdi bdo big cite code data del dfn em font i ins kbd label mark o:p q s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
);
const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  shy: '',
  zwnj: '',
  zwj: '',
  szlig: 'ß',
  aelig: 'æ',
  oelig: 'œ',
  oslash: 'ø',
  thorn: 'þ',
  eth: 'ð',
};
/** As `&uuml;`, `&Eacute;`: a letter and its accent. */
const accents: Readonly<Record<string, string>> = {
  uml: '\u0308',
  acute: '\u0301',
  grave: '\u0300',
  circ: '\u0302',
  tilde: '\u0303',
  cedil: '\u0327',
  caron: '\u030c',
  ring: '\u030a',
};
const longestTag = 100_000;

/**
 * The words of HTML, for an index: no layout, no links, nothing that is not shown. Each part is looked at
 * a fixed number of times, whatever it holds.
 */
export function htmlWords(html: string): string {
  const lower = html.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const parts: string[] = [];
  // Elements that are not closed from here on: looked for once.
  const unclosed = new Set<string>();
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open === -1) break;
    parts.push(html.slice(at, open));
    at = afterMarkup(lower, open, parts, unclosed);
  }
  parts.push(html.slice(at));
  return parts
    .join('')
    .replace(/&(#x?[0-9a-f]{1,8}|[a-z]{2,8});?/gi, (all, name: string) => entity(name) ?? all);
}

/** Where the text continues after the markup that begins here; what it means for words goes into `parts`. */
function afterMarkup(lower: string, open: number, parts: string[], unclosed: Set<string>): number {
  if (lower.startsWith('<!--', open)) return after(lower, '-->', open + 4);
  const name = /^<\/?([a-z][a-z0-9:-]{0,30})/.exec(lower.slice(open, open + 40))?.[1];
  if (name === undefined && !/[!?/]/.test(lower[open + 1] ?? '')) {
    parts.push('<');
    return open + 1;
  }
  parts.push(name !== undefined && inline.has(name) ? '' : ' ');
  const end = after(lower, '>', open, longestTag);
  const hidden = unread.find((one) => one === name);
  if (hidden === undefined || lower[open + 1] === '/' || unclosed.has(hidden)) return end;
  const closing = lower.indexOf(`</${hidden}`, end);
  if (closing !== -1) return after(lower, '>', closing, longestTag);
  unclosed.add(hidden);
  return end;
}

function after(text: string, mark: string, from: number, most = text.length): number {
  const found = text.indexOf(mark, from);
  return found === -1 || found - from > most ? text.length : found + mark.length;
}

function entity(name: string): string | null {
  if (name.startsWith('#')) {
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : ' ';
  }
  const known = named[name] ?? named[name.toLowerCase()];
  if (known !== undefined) return known;
  const [, letter = '', accent = ''] = /^([a-z])([a-z]+)$/i.exec(name) ?? [];
  const mark = accents[accent];
  return mark === undefined ? ' ' : `${letter}${mark}`;
}
