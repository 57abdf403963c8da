import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Unpacking {
  /** Directory under `.cache/` of the repository. */
  readonly name: string;
  /** A program in the tree: where it is, the tree is whole. */
  readonly program: string;
  readonly packages: readonly string[];
  /** Changes the tree before anything is started from it. */
  readonly finish?: (tree: string) => Promise<void>;
}

/**
 * Root of a tree of unpacked Debian 12 packages, made on first use with `apt-get download`:
 * installing a second mail server would remove Dovecot. Test files may ask at the same time; the
 * tree appears whole, by one rename.
 */
export async function unpacked({ name, program, packages, finish }: Unpacking): Promise<string> {
  const cache = join(import.meta.dirname, '../../.cache');
  const root = join(cache, name);
  if (await exists(join(root, program))) return root;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, `${name}-`));
  try {
    await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', '-q', ...packages], { cwd: work });
    const tree = join(work, 'tree');
    for (const file of await readdir(work)) {
      if (file.endsWith('.deb')) await run('dpkg', ['-x', join(work, file), tree]);
    }
    await finish?.(tree);
    await rename(tree, root).catch(async (error: unknown) => {
      // Another process was first.
      if (!(await exists(join(root, program)))) throw error;
    });
    return root;
  } catch (error) {
    throw new Error(`can't fetch ${name}: it needs Debian 12, apt-get and the network once`, {
      cause: error,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** LD_LIBRARY_PATH for programs of the tree, `more` first. */
export async function libraryPath(root: string, more: readonly string[] = []): Promise<string> {
  const arch = (await readdir(join(root, 'usr/lib'))).find((name) => name.endsWith('-linux-gnu')) ?? '';
  return [...more, `usr/lib/${arch}`, `lib/${arch}`, 'usr/lib'].map((path) => join(root, path)).join(':');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
