import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mothball, type Result } from '../integration/mothball.ts';
import type { KubeObject } from './helm.ts';

/** Paths in the container, and the directories that stand for them here. */
const mounted = {
  '/etc/mothball/': 'etc/',
  '/run/secrets/mothball/': 'secrets/',
  '/data/': 'data/',
  '/spool': 'spool',
};

/** Lays out what the pods would see, with secrets that hold anything, and runs `validate` on it. */
export async function validateRendered(objects: readonly KubeObject[]): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'helm-config-'));
  try {
    const here = (text: string): string =>
      Object.entries(mounted).reduce((all, [path, to]) => all.replaceAll(path, join(directory, to)), text);
    const maps = objects.filter(({ kind }) => kind === 'ConfigMap');
    const files = Object.entries(named(maps, 'mothball-config')).map(([name, text]) => [
      `config/${name}`,
      text,
    ]);
    const policies = Object.entries(named(maps, 'mothball-policies')).map(([name, text]) => [
      `policies/${name}`,
      text,
    ]);
    for (const [name = '', text = ''] of [...files, ...policies]) {
      const path = join(directory, 'etc', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, here(text));
      for (const [secret] of text.matchAll(/\/run\/secrets\/mothball\/[^\s"',}]+/g)) {
        await mkdir(dirname(here(secret)), { recursive: true });
        await writeFile(here(secret), 'a-secret-of-some-length\n');
        // As a Secret's volume with fsGroup has it.
        await chmod(here(secret), 0o440);
      }
    }
    return await mothball(['validate', '--config', join(directory, 'etc/config/mothball.yaml')], {
      cwd: directory,
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The data of the ConfigMap whose name ends so. */
export function named(maps: readonly KubeObject[], name: string): Readonly<Record<string, string>> {
  return maps.find(({ metadata }) => metadata.name.endsWith(name))?.data ?? {};
}
