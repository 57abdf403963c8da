import assert from 'node:assert/strict';
import test from 'node:test';
import { features, render, valuesOf } from './helm.ts';
import { named, validateRendered } from './validate-rendered.ts';

for (const feature of features.keys()) {
  if (feature === 'existing-config') continue;
  test(`${feature}: the rendered configuration is accepted by mothball validate`, async () => {
    const result = await validateRendered(await render(valuesOf(feature)));
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /is valid: [1-9]/);
  });
}

test('the configuration of the defaults says that accounts are missing, and nothing else', async () => {
  const result = await validateRendered(await render([]));
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
