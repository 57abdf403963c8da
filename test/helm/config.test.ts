import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { mothball, type Result } from '../integration/mothball.ts';
import { features, render, valuesOf, type KubeObject } from './helm.ts';

/** Paths in the container, and the directories that stand for them here. */
const mounted = {
  '/etc/mothball/': 'etc/',
  '/run/secrets/mothball/': 'secrets/',
  '/data/': 'data/',
  '/spool': 'spool',
};

/** Lays out what the pods would see, with secrets that hold anything, and runs `validate` on it. */
async function validate(objects: readonly KubeObject[]): Promise<Result> {
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

function named(maps: readonly KubeObject[], name: string): Readonly<Record<string, string>> {
  return maps.find(({ metadata }) => metadata.name.endsWith(name))?.data ?? {};
}

for (const feature of features.keys()) {
  if (feature === 'existing-config') continue;
  test(`${feature}: the rendered configuration is accepted by mothball validate`, async () => {
    const result = await validate(await render(valuesOf(feature)));
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /is valid: [1-9]/);
  });
}

test('the configuration of the defaults says that accounts are missing, and nothing else', async () => {
  const result = await validate(await render([]));
  assert.equal(result.code, 2);
  assert.match(result.stderr, /^[^\n]+: accounts: must have at least one entry\s*$/);
});

test('without policies the configuration names no file that is not there', async () => {
  const [config] = (await render(valuesOf('no-policies'))).filter(({ kind }) => kind === 'ConfigMap');
  assert.match(config?.data?.['mothball.yaml'] ?? '', /^policies: \[\]$/m);
});

test('a policy file given as text reaches the pod as it is, comments included', async () => {
  const maps = (await render(valuesOf('policies'))).filter(({ kind }) => kind === 'ConfigMap');
  const files = named(maps, 'mothball-policies');
  assert.deepEqual(Object.keys(files).toSorted(), ['leavers.yaml', 'trash.yaml']);
  assert.match(files['leavers.yaml'] ?? '', /name: leavers # kept as it is, with this comment/);
});
