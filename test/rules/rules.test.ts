import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { parse } from 'yaml';
import { promtool } from '../oracle/promtool.ts';

const repository = join(import.meta.dirname, '../..');
const rulesFile = join(repository, 'helm/rules/mothball.rules.yaml');
const testFiles = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => join(import.meta.dirname, name));

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface AlertTest {
  readonly alertname: string;
  readonly exp_alerts?: readonly unknown[];
}
interface TestFile {
  readonly tests: readonly { readonly alert_rule_test: readonly AlertTest[] }[];
}

const recordsAndAlerts: readonly Partial<Rule>[] = parse(readFileSync(rulesFile, 'utf8')).groups.flatMap(
  (group: { readonly rules: readonly Partial<Rule>[] }) => group.rules,
);
const rules = recordsAndAlerts.filter((rule): rule is Rule => rule.alert !== undefined);
const expectations = testFiles.flatMap((file) => {
  const { tests }: TestFile = parse(readFileSync(file, 'utf8'));
  return tests.flatMap((one) => one.alert_rule_test);
});
const runbook = readFileSync(join(repository, 'docs/runbook.md'), 'utf8');

test('promtool finds no fault in the rules', async () => {
  await promtool(['check', 'rules', rulesFile]);
});

for (const file of testFiles) {
  test(`the alerts of ${file.slice(repository.length + 1)} fire when they should, and only then`, async () => {
    await promtool(['test', 'rules', file]);
  });
}

for (const { alert, labels, annotations } of rules) {
  test(`${alert} is tested both firing and keeping still`, () => {
    const its = expectations.filter(({ alertname }) => alertname === alert);
    assert.ok(its.some(({ exp_alerts: alerts = [] }) => alerts.length > 0));
    assert.ok(its.some(({ exp_alerts: alerts = [] }) => alerts.length === 0));
  });

  test(`${alert} says how severe it is and what happened, and the runbook has a section for it`, () => {
    assert.match(labels['severity'] ?? '', /^(?:warning|critical)$/);
    assert.ok((annotations['summary'] ?? '').length > 10);
    assert.match(annotations['description'] ?? '', /\.$/);
    // A link that opens nothing is worse than none: the chart adds it when it is known.
    assert.equal(annotations['runbook_url'], undefined);
    const [, section] = runbook.split(`\n## ${alert}\n`);
    assert.ok(section !== undefined, 'the runbook has no such section');
    const own = section.split('\n## ')[0] ?? '';
    for (const part of ['What it means', 'First look', 'Likely causes', 'Remedy']) {
      assert.ok(own.includes(`**${part}.**`), `${part} is missing from the runbook`);
    }
  });
}

/** What is about one process, or about where it runs, changes with each restart. */
test('no alert carries a label that a restart changes', () => {
  for (const { alert, expr } of rules) {
    assert.doesNotMatch(expr, /\b(?:instance|pod|node|container)\b/, alert);
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].map(([, labels = '']) => labels);
    for (const labels of grouped) assert.match(labels, /^cluster, namespace, job, service\b/, alert);
    assert.ok(grouped.length > 0 || expr.includes('mothball:'), alert);
  }
});

test('the runbook has no section for an alert that is not there', () => {
  const sections = [...runbook.matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
  assert.deepEqual(
    sections,
    rules.map(({ alert }) => alert),
  );
});
