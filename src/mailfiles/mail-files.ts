import type { MailFiles } from '../ports/mail-files.ts';
import { findMail } from './find.ts';
import { readMail } from './read.ts';
import { openWriter } from './write.ts';

/** Mail in files of the local file system. */
export const localMailFiles: MailFiles = { find: findMail, messages: readMail, writer: openWriter };
