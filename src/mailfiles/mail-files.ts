/**
 * `mailfiles/`: mail in files of other programs (mbox, .eml, Maildir, .emlx, plain, compressed or inside of a tar or zip archive: `container.ts`), behind
 * `ports/mail-files.ts`. `listing.ts`, `find.ts` and `maildir.ts` list the files, `sniff.ts` and `foreign.ts` say what a
 * file is, `read.ts` and `one-message.ts` take messages out of them. It only reads, follows no symbolic
 * links, and reports what it cannot read instead of stopping.
 * May import `ports`, `domain`, `format` and `errors.ts`.
 */
import type { MailFiles } from '../ports/mail-files.ts';
import { findMail } from './find.ts';
import { readMail } from './read.ts';
import { openWriter } from './write.ts';

/** Mail in files of the local file system. */
export const localMailFiles: MailFiles = { find: findMail, messages: readMail, writer: openWriter };
