import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { directoryWith, noSecrets, policyFile, problemsOf, withPolicies } from './files.ts';

const rest = 'match: { olderThan: 2y }\narchive: { to: local }\n';
const files = (notify: string, more: Readonly<Record<string, string>> = {}) => ({
  'mothball.yaml': withPolicies,
  'policies.yaml': policyFile(`${rest}notify: ${notify}`),
  ...more,
});

test('a notice has its defaults, and leaves the hash of its policy as it is', async (t) => {
  const load = async (text: string) => {
    const directory = await directoryWith(t, { pw: 'x', ...files(text, { 'n.txt': 'Hi {{account}}\n' }) });
    return { directory, config: await loadConfig(join(directory, 'mothball.yaml'), noSecrets) };
  };
  const { config: silent } = await load('{ account: false }');
  assert.equal(silent.policies[0]?.notify, null);
  const { config: usual } = await load('{ account: true }');
  assert.deepEqual(usual.policies[0]?.notify, {
    template: null,
    subject: null,
    from: null,
    every: { count: 7, unit: 'd' },
    nearFull: 90,
  });
  assert.equal(usual.policies[0]?.hash, silent.policies[0]?.hash);
  const all =
    '{ account: true, template: ./n.txt, subject: "{{full}}", from: "IT <it@example.com>", every: 1mo, nearFull: 85% }';
  const { config, directory } = await load(all);
  assert.deepEqual(config.policies[0]?.notify, {
    template: 'Hi {{account}}\n',
    subject: '{{full}}',
    from: { name: 'IT', address: 'it@example.com' },
    every: { count: 1, unit: 'mo' },
    nearFull: 85,
  });
  assert.ok(config.sources.files.includes(join(directory, 'n.txt')), 'a changed template is a changed file');
});

for (const [notify, more, message] of [
  ['{ account: true, url: "https://hook.example" }', {}, /notify\.url: unknown key/],
  ['{}', {}, /notify\.account: /],
  ['{ account: true, template: gone.txt }', {}, /notify\.template: gone\.txt does not exist/],
  ['{ account: true, template: . }', {}, /notify\.template: .* is not a regular file/],
  [
    '{ account: true, template: n.txt }',
    { 'n.txt': 'a\n{{nobody}}' },
    /n\.txt, line 2: \{\{nobody\}\} is unknown/,
  ],
  ['{ account: true, template: n.txt }', { 'n.txt': 'x'.repeat(70_000) }, /is larger than 65536 bytes/],
  ['{ account: true, subject: "{{#full}}" }', {}, /notify\.subject: line 1: \{\{\/full\}\} is missing/],
  ['{ account: true, subject: "a\\nb" }', {}, /notify\.subject: must be one line/],
  ['{ account: true, from: "it" }', {}, /notify\.from: must be an address/],
  [
    '{ account: true, from: "a\\r\\nBcc: x@y.example <b@c.example>" }',
    {},
    /notify\.from: must be an address/,
  ],
  ['{ account: true, every: 0d }', {}, /notify\.every: .*above zero/],
] as const) {
  test(`refused: notify: ${notify} ${Object.keys(more).join()}`, async (t) => {
    const problems = await problemsOf(t, files(notify, more));
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', message);
  });
}
