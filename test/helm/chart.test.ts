import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { parse } from 'yaml';
import { valueRows, valuesTable } from '../tools/chart-readme.ts';
import { chartValuesSchema } from '../tools/chart-values.ts';
import { chart, helm, valuesOf } from './helm.ts';

const read = (name: string): string => readFileSync(join(chart, name), 'utf8');

test('values.schema.json and the table of README.md are what npm run chart writes', () => {
  assert.equal(
    read('values.schema.json'),
    `${JSON.stringify(chartValuesSchema(), null, 2)}\n`,
    'npm run chart',
  );
  assert.ok(read('README.md').includes(`\n${valuesTable(read('values.yaml'))}\n`), 'npm run chart');
});

test('every value is documented, by its own comment or by that of what it is part of', () => {
  const rows = valueRows(read('values.yaml'));
  const documented = rows.filter(({ description }) => description !== null).map(({ key }) => key);
  const leaves = rows.filter(({ key }) => !rows.some((row) => row.key.startsWith(`${key}.`)));
  assert.ok(leaves.length > 80);
  assert.deepEqual(
    leaves
      .map(({ key }) => key)
      .filter((key) => !documented.some((name) => key === name || key.startsWith(`${name}.`))),
    [],
  );
});

test('the schema knows exactly the values of the file', () => {
  const { properties }: { readonly properties: Readonly<Record<string, unknown>> } = JSON.parse(
    read('values.schema.json'),
  );
  const values: Readonly<Record<string, unknown>> = parse(read('values.yaml'));
  assert.deepEqual(Object.keys(properties).toSorted(), ['global', ...Object.keys(values)].toSorted());
});

test('the chart names the version of the program', () => {
  const { version }: { readonly version: string } = JSON.parse(read('../package.json'));
  const about: Readonly<Record<string, unknown>> = parse(read('Chart.yaml'));
  assert.equal(about['apiVersion'], 'v2');
  assert.equal(about['appVersion'], version);
});

/** What a user reads after `helm install`. */
async function notes(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await helm(['install', 'mothball', chart, '--dry-run=client', ...args]);
  assert.equal(code, 0, stderr);
  return stdout.slice(stdout.indexOf('NOTES:'));
}

test('the notes say of each policy whether it acts, in files of either kind', async () => {
  const text = await notes(...valuesOf('policies'));
  assert.match(text, /leavers: ENFORCE: archives mail, and deletes it from the server once verified/);
  assert.match(text, /empty-trash: plan: only reports, changes nothing/);
  assert.match(await notes(...valuesOf('no-policies')), /There are none: quota is watched/);
});

test('the notes warn when nothing persists and when there is no account, and only then', async () => {
  const warning = /!!! NOTHING PERSISTS/;
  assert.match(await notes(...valuesOf('no-persistence')), warning);
  const usual = await notes(...valuesOf('minimal'));
  assert.doesNotMatch(usual, /!!!/);
  assert.match(usual, /The claim mothball stays after `helm uninstall`/);
  assert.match(await notes(), /!!! NO ACCOUNT IS CONFIGURED/);
});
