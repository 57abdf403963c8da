const maildirLetters: Readonly<Record<string, string>> = {
  '\\draft': 'D',
  '\\flagged': 'F',
  // Passed on, which IMAP has as a keyword.
  $forwarded: 'P',
  '\\answered': 'R',
  '\\seen': 'S',
  '\\deleted': 'T',
};

/** Flags as the letters of a Maildir name, in ASCII order; other keywords have none. */
export function maildirFlags(flags: readonly string[]): string {
  return flags
    .flatMap((flag) => maildirLetters[flag.toLowerCase()] ?? [])
    .toSorted()
    .join('');
}
