import assert from 'node:assert/strict';
import { mkdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fingerprint } from '../../src/config/fingerprint.ts';
import { loadConfig } from '../../src/config/load.ts';
import { directoryWith, noSecrets, policyFile, withPolicies } from './files.ts';

test('every file that a configuration is made from changes its fingerprint, and nothing else does', async (t) => {
  const directory = await directoryWith(t, {
    'mothball.yaml': withPolicies.replace('policies.yaml', 'rules/*.yaml'),
    'rules/a.yaml': policyFile('match: { olderThan: 2y }\narchive: { to: local }'),
    'data1/pw': 'one',
    'data2/pw': 'two',
  });
  const at = (name: string): string => join(directory, name);
  await symlink('data1', at('..data'));
  await symlink('..data/pw', at('pw'));
  const config = await loadConfig(at('mothball.yaml'), noSecrets);
  let last = await fingerprint(config);
  const changes = async (why: string, expected: boolean): Promise<void> => {
    const now = await fingerprint(config);
    assert.equal(now !== last, expected, why);
    last = now;
  };
  await changes('nothing happened', false);
  await writeFile(at('unrelated.yaml'), 'x');
  await changes('a file that is none of ours', false);
  await symlink('data2', at('swap'));
  await rename(at('swap'), at('..data'));
  await changes('the link to the secret was swapped', true);
  const { atime, mtime } = await stat(at('rules/a.yaml'));
  await writeFile(at('rules/a.yaml'), policyFile('match: { olderThan: 3y }\narchive: { to: local }'));
  await utimes(at('rules/a.yaml'), atime, mtime);
  await changes('same size, same time, other text', true);
  await writeFile(at('rules/b.yaml'), 'version: 1\n');
  await changes('a new file fits the glob', true);
  await rm(at('rules/b.yaml'));
  await changes('it is gone again', true);
  await rm(at('data2/pw'));
  await changes('the secret is gone', true);
  await mkdir(at('data2/pw'));
  await changes('a directory stands in its place', true);
  await writeFile(at('mothball.yaml'), '#');
  await changes('the main file changed', true);
});
