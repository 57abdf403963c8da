import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const packages = [
  'cyrus-common',
  'cyrus-imapd',
  'sasl2-bin',
  'libclamav12',
  'libmspack0',
  'libical3',
  'libxapian30',
  'libzephyr4',
  'libpcre3',
  'libwrap0',
  'libjansson4',
];

/**
 * Root of an unpacked Cyrus 3.6 under `.cache/` of the repository, made on first use with
 * `apt-get download` (Debian 12): installing the packages would remove Dovecot. Test files may ask
 * at the same time; the tree appears whole, by one rename.
 */
export async function cyrusPackages(): Promise<string> {
  const cache = join(import.meta.dirname, '../../.cache');
  const root = join(cache, 'cyrus');
  if (await exists(join(root, 'usr/lib/cyrus/bin/master'))) return root;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'cyrus-'));
  try {
    await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', '-q', ...packages], { cwd: work });
    const tree = join(work, 'tree');
    for (const file of await readdir(work)) {
      if (file.endsWith('.deb')) await run('dpkg', ['-x', join(work, file), tree]);
    }
    await rename(tree, root).catch(async (error: unknown) => {
      // Another process was first.
      if (!(await exists(join(root, 'usr/lib/cyrus/bin/master')))) throw error;
    });
    return root;
  } catch (error) {
    throw new Error(`can't fetch Cyrus: it needs Debian 12, apt-get and the network once`, { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
