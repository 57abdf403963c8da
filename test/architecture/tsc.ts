import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const repository = join(import.meta.dirname, '../..');

/** Something that tsc refuses. */
export interface TypeFault {
  /** As the caller named it. */
  readonly file: string;
  readonly line: number;
  /** For example `TS2339`: there is no such property. */
  readonly code: string;
  readonly text: string;
}

/**
 * What tsc has against files made up in a directory of their own, under this repository's options.
 * They are beside `src`: `../src/ports/mail.ts` is what they import. A name has no folder in it.
 */
export async function typeFaults(files: ReadonlyMap<string, string>): Promise<readonly TypeFault[]> {
  const directory = await mkdtemp(join(tmpdir(), 'mothball-tsc-'));
  try {
    for (const name of ['src', 'node_modules', 'package.json'])
      await symlink(join(repository, name), join(directory, name));
    await mkdir(join(directory, 'made'));
    for (const [name, text] of files) await writeFile(join(directory, 'made', name), text);
    const config = {
      extends: join(repository, 'tsconfig.json'),
      include: ['made'],
      // What a made-up file declares need not be used.
      compilerOptions: { noUnusedLocals: false },
    };
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(config));
    return (await tsc(directory)).split('\n').flatMap(faultIn);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function tsc(directory: string): Promise<string> {
  const program = join(repository, 'node_modules/typescript/bin/tsc');
  const args = [program, '-p', directory, '--pretty', 'false'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: directory, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      // It exits with 1 or 2 when it refuses something, and then says what.
      if (error === null || stdout.includes('error TS')) resolve(stdout);
      else reject(new Error(`tsc did not run: ${stdout}${stderr}`, { cause: error }));
    });
  });
}

/** A fault outside of the made-up files is reported too, under its path. */
function faultIn(line: string): readonly TypeFault[] {
  const found = /^(?:made\/)?(.*?)\((\d+),\d+\): error (TS\d+): (.*)$/.exec(line);
  if (found === null) return /error TS/.test(line) ? [{ file: '', line: 0, code: '', text: line }] : [];
  const [, file = '', number = '0', code = '', text = ''] = found;
  return [{ file, line: Number(number), code, text }];
}
