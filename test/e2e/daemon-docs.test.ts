import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { directoryWith, noSecrets, smallest } from '../config/files.ts';
import { block } from './readme.ts';

test('the configuration in docs/daemon.md has the defaults, except for http', async (t) => {
  const text = block('docs/daemon.md', 'daemon');
  const directory = await directoryWith(t, {
    'plain.yaml': smallest,
    'full.yaml': `${smallest}${text}`,
    pw: 'secret\n',
  });
  const plain = await loadConfig(join(directory, 'plain.yaml'), noSecrets);
  const full = await loadConfig(join(directory, 'full.yaml'), noSecrets);
  const keys = [...text.matchAll(/^(\w+):/gm)].map(([, key]) => key);
  assert.deepEqual(keys, ['http', 'scan', 'scrub', 'plans', 'daemon', 'log']);
  for (const key of ['scan', 'scrub', 'plans', 'daemon', 'log'] as const)
    assert.deepEqual(full[key], plain[key], key);
  assert.equal(plain.http, null);
  assert.deepEqual([full.http?.host, full.http?.port], ['127.0.0.1', 9310]);
});

test('the reports in docs/daemon.md are a valid configuration', async (t) => {
  const text = block('docs/daemon.md', 'reports');
  const files = { 'smtp.password': 'secret\n', 'hook.token': 'secret\n', pw: 'secret\n' };
  const directory = await directoryWith(t, { ...files, 'mothball.yaml': `${smallest}${text}` });
  const { reports } = await loadConfig(join(directory, 'mothball.yaml'), noSecrets);
  assert.deepEqual([reports?.schedule, reports?.timezone], ['0 7 * * 1', 'Europe/Warsaw']);
});
