import { readFile } from 'node:fs/promises';
import type { MailFile } from '../ports/mail-files.ts';
import type { Foreign } from './foreign.ts';
import { type FsPath, type ListedFile, listDirectory, pathFields, shownPath } from './listing.ts';
import { sniff } from './sniff.ts';

/** Directories and files in which mail is looked for: those of the disk, or of an archive. */
export interface MailTree {
  /** Its files are part of one. */
  readonly inside: boolean;
  list(directory: FsPath): Promise<readonly ListedFile[]>;
  sniff(path: FsPath): Promise<MailFile['kind'] | Foreign>;
  /** A small file as text. */
  text(path: FsPath): Promise<string>;
  /** For people. */
  shown(path: FsPath): string;
  /** The fields of a file that name it. */
  fields(path: FsPath): Pick<MailFile, 'path' | 'rawPath' | 'inside'>;
}

export const fileTree: MailTree = {
  inside: false,
  list: listDirectory,
  sniff,
  text: (path) => readFile(path, 'utf8'),
  shown: shownPath,
  fields: pathFields,
};
