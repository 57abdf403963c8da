import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package as it is shipped, in a directory of its own: bundled, so that no TypeScript is compiled while the clock runs. */
export async function buildPackage(): Promise<string> {
  const checkout = fileURLToPath(new URL('../..', import.meta.url));
  const directory = await mkdtemp(join(tmpdir(), 'mothball-package-'));
  const built = spawnSync(
    'npm',
    ['run', '--silent', 'bundle:into', '--', `--outdir=${join(directory, 'dist')}`],
    {
      cwd: checkout,
      stdio: 'inherit',
    },
  );
  if (built.status !== 0) throw new Error('the package could not be built');
  for (const part of ['src/mothball.js', 'package.json'])
    await cp(join(checkout, part), join(directory, part), { recursive: true });
  await symlink(join(checkout, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}
