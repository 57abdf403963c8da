import { execFile } from 'node:child_process';
import { cp, mkdir, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Instruction, Stage } from './dockerfile.ts';

const run = promisify(execFile);
const checkout = fileURLToPath(new URL('../../', import.meta.url));
/** What a stage's commands may name by an absolute path; all else is the machine's. */
const ownPaths = /(?<![\w/.])\/(?:src|image)(?=[/\s>']|$)/g;

/**
 * Does by hand what a container engine would do with these stages: each in a directory below
 * `directory`, on this machine's programs. Resolves to the directory of the last stage.
 */
export async function buildStages(stages: readonly Stage[], directory: string): Promise<string> {
  const places = stages.map((stage, index) => join(directory, stage.name ?? `stage-${index}`));
  const place = (name: string): string => {
    const index = stages.findIndex((stage) => stage.name === name);
    const found = places[index];
    if (found === undefined) throw new Error(`COPY --from=${name}: no such stage`);
    return found;
  };
  for (const [index, stage] of stages.entries()) {
    const root = places[index] ?? directory;
    await mkdir(root);
    let cwd = root;
    for (const instruction of stage.instructions) {
      if (instruction.name === 'WORKDIR') {
        cwd = join(root, instruction.text);
        await mkdir(cwd, { recursive: true });
      } else if (instruction.name === 'COPY') await copy(instruction, { root, cwd, place });
      else if (instruction.name === 'RUN') await command(instruction.text, root, cwd);
    }
  }
  return places.at(-1) ?? directory;
}

interface Where {
  readonly root: string;
  readonly cwd: string;
  readonly place: (stage: string) => string;
}

/** COPY of files into a directory, or of one directory under a name. Owners are left as they are. */
async function copy({ text }: Instruction, { root, cwd, place }: Where): Promise<void> {
  const parts = text.split(/\s+/);
  const from = parts.find((part) => part.startsWith('--from='))?.slice('--from='.length);
  const base = from === undefined ? checkout : place(from);
  const paths = parts.filter((part) => !part.startsWith('--'));
  const target = paths.pop() ?? '';
  const absolute = target.startsWith('/') ? join(root, target) : join(cwd, target);
  for (const path of paths) {
    const to = target.endsWith('/') && target !== '/' ? join(absolute, basename(path)) : absolute;
    await cp(join(base, path), to, { recursive: true, verbatimSymlinks: true });
  }
}

/** The dependencies are those that this test runs from. */
async function command(text: string, root: string, cwd: string): Promise<void> {
  if (text.startsWith('npm ci ')) {
    await rm(join(cwd, 'node_modules'), { force: true });
    await symlink(join(checkout, 'node_modules'), join(cwd, 'node_modules'));
    return;
  }
  await run('sh', ['-ec', text.replaceAll(ownPaths, (path) => `${root}${path}`)], { cwd });
}
