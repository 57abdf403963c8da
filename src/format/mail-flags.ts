import type { Headers } from '../domain/message.ts';

const maildirLetters: Readonly<Record<string, string>> = {
  D: '\\draft',
  F: '\\flagged',
  P: '$Forwarded',
  R: '\\answered',
  S: '\\seen',
  T: '\\deleted',
};

/** What stands for the colon: names of other file systems, of Windows and macOS shares, and of web servers. */
const marks = String.raw`(?:[:;!+~^|]|%3[Aa]|[\uf03a\uf022\uff1a\ua789])`;
/** The last mark counts, and its letters end at the first other character. */
const info = new RegExp(String.raw`.*${marks}2,(?<letters>[A-Za-z]*)`, 's');
/** Other characters occur in names, too: the letters must end it, or an ending or the mark of a copy follows. */
const copyMark = String.raw`(?:\.[A-Za-z]+|~|[ _]?\(\d+\)| - \p{L}.*)?$`;
const weakInfo = new RegExp(String.raw`[^A-Za-z0-9=,]2,(?<letters>[A-Za-z]*)${copyMark}`, 'u');
/** The comma is changed as well: only the letters of flags, in their order. */
const weakest = new RegExp(String.raw`[^A-Za-z0-9]2[^A-Za-z0-9=](?<letters>D?F?P?R?S?T?)${copyMark}`, 'u');

/**
 * Flags from the name of a file in a Maildir: the letters after `:2,`, or what other systems make of
 * the colon. Small letters are keywords by their place in `keywords`, as Dovecot writes them. Unknown
 * letters are skipped.
 */
export function flagsOfName(
  name: string,
  keywords: ReadonlyMap<number, string> = new Map(),
): readonly string[] {
  // Both characters as a URL or a mail program spells them.
  const plain = name.replace(/[%=]3[Aa](?=2)/g, ':').replace(/(?<=:2)[%=]2[Cc]/g, ',');
  const found = info.exec(plain) ?? weakInfo.exec(plain) ?? weakest.exec(plain);
  const letters = found?.groups?.['letters'] ?? '';
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
export const statusHeaders = [
  'status',
  'x-status',
  'x-keywords',
  'x-mozilla-status',
  'x-mozilla-keys',
] as const;

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
  [0x1000, '$Forwarded'],
];

/** IMAP's atom without what would make it a flag of the system (RFC 9051 §9). */
const keyword = /^[!#$&'+,./0-9:;<=>?@A-Z[^_`a-z|}~-]+$/;

/**
 * Flags from Status and X-Status, keywords from X-Keywords (UW, Dovecot), and both from what
 * Thunderbird keeps. The fields themselves stay in the message.
 */
export function statusFlags(headers: Headers): readonly string[] {
  const first = (name: (typeof statusHeaders)[number]): string => headers.get(name)?.[0] ?? '';
  const letters = (first('status').slice(0, 20) + first('x-status').slice(0, 20)).split('');
  const mozilla = /^[0-9a-f]{4}$/i.test(first('x-mozilla-status'))
    ? Number.parseInt(first('x-mozilla-status'), 16)
    : 0;
  const words = `${first('x-keywords')} ${first('x-mozilla-keys')}`.slice(0, 2000).split(/[\s,]+/);
  const flags = [
    ...letters.flatMap((letter) => statusLetters[letter] ?? []),
    ...mozillaBits.flatMap(([bit, flag]) => ((mozilla & bit) === 0 ? [] : [flag])),
    ...words.filter((word) => keyword.test(word)),
  ];
  return [...new Set(flags)];
}

/** Whether a message is what UW IMAP, Pine and Alpine note of a folder (c-client, `FOLDER INTERNAL DATA`). */
export function isFolderData(headers: Headers): boolean {
  return (
    /^DON'T DELETE THIS MESSAGE\b.*\bFOLDER INTERNAL DATA\b/i.test(headers.get('subject')?.[0] ?? '') &&
    [...(headers.get('x-imap') ?? []), ...(headers.get('x-imapbase') ?? [])].length > 0
  );
}
