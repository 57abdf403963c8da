import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The package as it is shipped, in a directory of its own: bundled, so that no TypeScript is compiled while the clock runs. */
export async function buildPackage(): Promise<string> {
  const checkout = fileURLToPath(new URL('../..', import.meta.url));
  const directory = await mkdtemp(join(tmpdir(), 'mothball-package-'));
  const { scripts }: { readonly scripts: { readonly bundle: string } } = JSON.parse(
    await readFile(join(checkout, 'package.json'), 'utf8'),
  );
  const bundle = scripts.bundle
    .replace('rm -rf dist && ', '')
    .replace('--outdir=dist', `--outdir=${join(directory, 'dist')}`);
  const built = spawnSync('sh', ['-c', bundle], {
    cwd: checkout,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(checkout, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` },
  });
  if (built.status !== 0) throw new Error('the package could not be built');
  for (const part of ['src/mothball.js', 'package.json'])
    await cp(join(checkout, part), join(directory, part), { recursive: true });
  await symlink(join(checkout, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}
