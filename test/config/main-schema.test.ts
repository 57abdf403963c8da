import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { mainSchemaJson } from '../../src/config/schema-main.ts';
import { block } from '../e2e/readme.ts';
import { mothball } from '../integration/mothball.ts';

const file = new URL('../../policies/mothball.schema.json', import.meta.url);
const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(
  mainSchemaJson(),
);

test('policies/mothball.schema.json is what test/tools/generate-schema.ts writes, and what schema config prints', async () => {
  const expected = `${JSON.stringify(mainSchemaJson(), null, 2)}\n`;
  assert.equal(await readFile(file, 'utf8'), expected, 'run: node test/tools/generate-schema.ts');
  assert.equal((await mothball(['schema', 'config'], { cwd: '/' })).stdout, expected);
  assert.equal((await mothball(['schema', 'nonsense'], { cwd: '/' })).code, 2);
});

test('the schema takes the configuration of the README, and refuses what mothball refuses', () => {
  const config: unknown = parse(block('README.md', 'config'));
  assert.equal(validate(config), true, JSON.stringify(validate.errors));
  assert.ok(typeof config === 'object');
  assert.equal(validate({ ...config, auth: {} }), false, 'unknown key');
  assert.equal(validate({ ...config, scan: { schedule: '*/15 * * * *', folder: 'off' } }), false);
  assert.equal(validate({ ...config, version: 2 }), false);
});
