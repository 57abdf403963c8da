import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { accountDeclarations } from '../../src/metrics/account-declarations.ts';
import { type Declaration, declarations, prefix } from '../../src/metrics/declarations.ts';
import { alice, metricsOf, root, textOf } from './samples.ts';

const repository = join(import.meta.dirname, '../..');
const declared: Readonly<Record<string, Declaration>> = { ...declarations, ...accountDeclarations };

test('docs/metrics.md has every metric, with its type, labels and help', () => {
  const rows = readFileSync(join(repository, 'docs/metrics.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`| \`${prefix}`))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  assert.deepEqual(
    rows.map(([, name, type, labels, help]) => [name, type, labels, help]),
    Object.entries(declared).map(([name, { type, help, labels }]) => [
      `\`${prefix}${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(', '),
      help,
    ]),
  );
});

test('what is exposed is what is declared, under the same type and help', async () => {
  const metrics = metricsOf({ folderSeries: true });
  const folders = [{ path: 'INBOX', messages: 1, bytes: bytes(5) }];
  const roots = [root(50, { message: { used: 1, limit: 2 } })];
  metrics.recordAccount({ ...alice, roots, fullAt: new Date(), folders });
  const text = await textOf(metrics);
  for (const [name, { type, help }] of Object.entries(declared)) {
    assert.ok(text.includes(`# HELP ${prefix}${name} ${help}\n# TYPE ${prefix}${name} ${type}\n`), name);
  }
});

test('names follow the rules of Prometheus: counters end in _total, gauges do not', () => {
  for (const [name, { type, help }] of Object.entries(declared)) {
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.match(help, /\.$/, name);
    assert.doesNotMatch(help, /[\\\n|]/, 'would need escaping');
  }
});
