import { note } from '../corpus/mailbox.ts';

/** So large that mail is deleted on a second login while the rest is archived: an archive for each. */
export const largeMail = [
  ...Array.from({ length: 6 }, (_, index) => note(`large ${index}`, 500 + index, { size: 6_000_000 })),
  note('young', 3),
];
export const inParts = { to: 'local', maxBytes: '1MiB' };
