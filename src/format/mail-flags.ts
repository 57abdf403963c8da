import type { Headers } from '../domain/message.ts';

const maildirLetters: Readonly<Record<string, string>> = {
  D: '\\draft',
  F: '\\flagged',
  P: '$Forwarded',
  R: '\\answered',
  S: '\\seen',
  T: '\\deleted',
};

/**
 * Flags from the name of a file in a Maildir: the letters after `:2,` (`;2,` and `!2,` where a file
 * system takes no colon). Small letters are keywords by their place in `keywords`, as Dovecot
 * writes them. Unknown letters are skipped.
 */
export function flagsOfName(
  name: string,
  keywords: ReadonlyMap<number, string> = new Map(),
): readonly string[] {
  const letters = /[:;!]2,([A-Za-z]*)$/.exec(name)?.[1] ?? '';
  const flags = letters.split('').flatMap((letter) => {
    const index = letter.charCodeAt(0) - 0x61;
    return (index >= 0 ? keywords.get(index) : maildirLetters[letter]) ?? [];
  });
  return [...new Set(flags)];
}

/** Keywords of a Maildir by their letter: Dovecot's file `dovecot-keywords`, lines of number and name. */
export function maildirKeywords(text: string): ReadonlyMap<number, string> {
  const keywords = new Map<number, string>();
  for (const line of text.split('\n')) {
    const found = /^(\d{1,2}) ([^\s\\(){}%*"\]]+)$/.exec(line);
    if (found !== null) keywords.set(Number(found[1]), found[2] ?? '');
  }
  return new Map([...keywords].filter(([place]) => place < 26));
}

/** The header fields in which mail programs keep flags in an mbox file. */
export const statusHeaders = ['status', 'x-status', 'x-mozilla-status'] as const;

const statusLetters: Readonly<Record<string, string>> = {
  R: '\\seen',
  A: '\\answered',
  F: '\\flagged',
  T: '\\draft',
  D: '\\deleted',
};
/** Bits of X-Mozilla-Status. */
const mozillaBits: readonly (readonly [bit: number, flag: string])[] = [
  [0x0001, '\\seen'],
  [0x0002, '\\answered'],
  [0x0004, '\\flagged'],
  [0x0008, '\\deleted'],
];

/** Flags from Status and X-Status, and from X-Mozilla-Status. The fields themselves stay in the message. */
export function statusFlags(headers: Headers): readonly string[] {
  const first = (name: (typeof statusHeaders)[number]): string => headers.get(name)?.[0] ?? '';
  const letters = (first('status').slice(0, 20) + first('x-status').slice(0, 20)).split('');
  const mozilla = /^[0-9a-f]{4}$/i.test(first('x-mozilla-status'))
    ? Number.parseInt(first('x-mozilla-status'), 16)
    : 0;
  const flags = [
    ...letters.flatMap((letter) => statusLetters[letter] ?? []),
    ...mozillaBits.flatMap(([bit, flag]) => ((mozilla & bit) === 0 ? [] : [flag])),
  ];
  return [...new Set(flags)];
}
