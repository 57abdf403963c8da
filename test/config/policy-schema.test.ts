import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import test from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { loadPolicyFiles } from '../../src/config/policy-files.ts';
import { policySchemaJson } from '../../src/config/schema-policy.ts';

const directory = new URL('../../policies/', import.meta.url);
const options = { allErrors: true, formats: { uri: true } } as const;
const names = (await readdir(directory)).filter((name) => name.endsWith('.yaml'));
const files = names.map((name) => new URL(name, directory));

test('policies/policy.schema.json is what test/tools/generate-schema.ts writes', async () => {
  const written = await readFile(new URL('policy.schema.json', directory), 'utf8');
  assert.equal(
    written,
    `${JSON.stringify(policySchemaJson(), null, 2)}\n`,
    'run: node test/tools/generate-schema.ts',
  );
});

test('four policies are ready to use', () => {
  assert.deepEqual(names.toSorted(), [
    'archive-by-age.yaml',
    'drain-near-full.yaml',
    'empty-trash-and-junk.yaml',
    'large-attachments-first.yaml',
  ]);
});

for (const file of files) {
  const name = basename(file.pathname, '.yaml');
  test(`${name} loads, only reports, and bears the name of its file`, async () => {
    const { policies, problems } = await loadPolicyFiles(
      [file.pathname],
      { names: ['local'], encrypted: new Set() },
      '/',
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      policies.map((policy) => [policy.name, policy.mode]),
      [[name, 'plan']],
    );
  });

  test(`${name} fits the JSON schema and names it for editors`, async () => {
    const text = await readFile(file, 'utf8');
    assert.equal(text.split('\n', 1)[0], '# yaml-language-server: $schema=./policy.schema.json');
    const validate = new Ajv(options).compile(policySchemaJson());
    assert.ok(validate(parse(text)), JSON.stringify(validate.errors));
  });
}

test('the JSON schema refuses what the program refuses', () => {
  const validate = new Ajv(options).compile(policySchemaJson());
  const policy = { name: 'p', match: { olderThan: '2y' }, archive: { to: 'local' } };
  assert.ok(validate({ version: 1, policies: [policy] }));
  for (const change of [
    { match: {} },
    { match: { olderThen: '2y' } },
    { match: { olderThan: '6m' } },
    { match: { all: [{ not: { larger: '1MiB' } }] } },
    { mode: 'enforced' },
    { limits: { maxBytes: 20 } },
    { archive: { to: 'local', format: 'pst' } },
  ])
    assert.ok(!validate({ version: 1, policies: [{ ...policy, ...change }] }), JSON.stringify(change));
});

test('every key of a policy has a description for editors', () => {
  const undescribed: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      if (key === 'properties' && typeof child === 'object' && child !== null) {
        for (const [name, schema] of Object.entries(child)) {
          if (!JSON.stringify(schema).match(/"description"|"\$ref"/)) undescribed.push(`${path}.${name}`);
        }
      }
      walk(child, `${path}.${key}`);
    }
  };
  walk(policySchemaJson(), '');
  assert.deepEqual(undescribed, []);
});
