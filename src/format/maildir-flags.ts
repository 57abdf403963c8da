const maildirLetters: Readonly<Record<string, string>> = {
  '\\draft': 'D',
  '\\flagged': 'F',
  '\\answered': 'R',
  '\\seen': 'S',
  '\\deleted': 'T',
};

/** Flags as the letters of a Maildir name, in ASCII order; keywords have none. */
export function maildirFlags(flags: readonly string[]): string {
  return flags
    .flatMap((flag) => maildirLetters[flag.toLowerCase()] ?? [])
    .toSorted()
    .join('');
}
