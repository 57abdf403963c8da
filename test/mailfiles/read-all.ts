import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { findMail } from '../../src/mailfiles/find.ts';
import { readMail } from '../../src/mailfiles/read.ts';

/** `folder flags digest` of each message, what was skipped, and what went wrong. */
export async function readAll(path: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const found of findMail(path, null)) {
    const shown = relative(path, 'path' in found ? found.path : found.file.path);
    if (found.kind === 'fault') lines.push(`fault ${shown}: ${found.reason}`);
    if (found.kind === 'other') lines.push(`${found.mail ? 'MAIL' : 'other'} ${shown}: ${found.what}`);
    if (found.kind !== 'file') continue;
    let hash = createHash('sha256');
    for await (const event of readMail(found.file, null)) {
      if (event.kind === 'message') hash = createHash('sha256');
      if (event.kind === 'data') hash.update(event.data);
      if (event.kind === 'note') lines.push(`note ${shown}: ${event.text}`);
      if (event.kind === 'fault') lines.push(`fault ${shown}: ${event.reason}`);
      if (event.kind === 'end')
        lines.push([found.file.folder.join('/'), ...found.file.flags, hash.digest('hex')].join(' '));
    }
  }
  return lines.toSorted();
}

/** Runs a program of Python with these arguments. */
export function python(code: string, ...args: readonly string[]): void {
  execFileSync('python3', [
    '-c',
    `import sys,io,gzip,struct,tarfile,zipfile,bz2,lzma,os,warnings\nwarnings.simplefilter('ignore')\n${code}`,
    ...args,
  ]);
}
