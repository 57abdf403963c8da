import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { parse, stringify } from 'yaml';
import { promtool } from '../oracle/promtool.ts';
import { chart, only, render, renderValues, valuesOf } from './helm.ts';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface Groups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

const plain: Groups = parse(readFileSync(join(chart, 'rules', 'mothball.rules.yaml'), 'utf8'));

function isGroups(spec: unknown): spec is Groups {
  return typeof spec === 'object' && spec !== null && 'groups' in spec;
}

async function groupsOf(values: object, args: readonly string[] = []): Promise<Groups> {
  const { spec } = only(await renderValues(values, args), 'PrometheusRule');
  assert.ok(isGroups(spec));
  return spec;
}

function alertOf({ groups }: Groups, name: string): Rule {
  const found = groups.flatMap(({ rules }) => rules).find(({ alert }) => alert === name);
  assert.ok(found !== undefined, name);
  return found;
}

/** Folded lines may end elsewhere. */
const flat = (rule: Rule): Rule => ({ ...rule, expr: rule.expr.replaceAll(/\s+/g, ' ').trim() });

/** Runs promtool on rules as Prometheus would load them. */
async function tested(groups: Groups['groups'], tests: readonly object[]): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'chart-rules-'));
  try {
    await writeFile(join(directory, 'rules.yaml'), stringify({ groups }));
    await promtool(['check', 'rules', join(directory, 'rules.yaml')]);
    const file = { rule_files: ['rules.yaml'], evaluation_interval: '1m', tests };
    await writeFile(join(directory, 'tests.yaml'), stringify(file));
    await promtool(['test', 'rules', join(directory, 'tests.yaml')]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

test('without a monitor of the chart, the PrometheusRule is the plain file', async () => {
  const { groups } = await groupsOf({ prometheusRule: { enabled: true } });
  assert.deepEqual(
    groups.map(({ name, rules }) => ({ name, rules: rules.map(flat) })),
    plain.groups.map(({ name, rules }) => ({ name, rules: rules.map(flat) })),
  );
});

test('runbook_url is left out, or is where the runbook was put', async () => {
  const { spec } = only(await render(valuesOf('monitoring')), 'PrometheusRule');
  assert.ok(isGroups(spec));
  const url = alertOf(spec, 'MothballPaused').annotations?.['runbook_url'];
  assert.equal(url, 'https://wiki.example.com/mothball/runbook#mothballpaused');
});

test('each alert can be left out, by its name in a list, in a map, or by its own key', async () => {
  const names = async (rule: object): Promise<readonly string[]> => {
    const { groups } = await groupsOf({ prometheusRule: { enabled: true, ...rule } });
    return groups.flatMap(({ rules }) => rules).flatMap(({ alert }) => alert ?? []);
  };
  const all = await names({});
  assert.equal(all.length, plain.groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert).length);
  const less = all.filter((name) => name !== 'MothballQuotaFillingFast');
  assert.deepEqual(await names({ disabled: ['MothballQuotaFillingFast'] }), less);
  assert.deepEqual(await names({ disabled: { MothballQuotaFillingFast: true, MothballDown: false } }), less);
  assert.deepEqual(await names({ alerts: { MothballQuotaFillingFast: { enabled: false } } }), less);
});

test('the alert on dropped series is left out where they are dropped on purpose', async () => {
  const rule = { prometheusRule: { enabled: true } };
  const few = JSON.stringify(await groupsOf({ ...rule, config: { metrics: { accounts: 'nearFull' } } }));
  assert.doesNotMatch(few, /MothballSeriesDropped/);
  const all = JSON.stringify(await groupsOf({ ...rule, config: { metrics: { accounts: 'all' } } }));
  assert.match(all, /MothballSeriesDropped/);
});

test('every threshold that can be changed is in its rule, and the new one takes its place', async () => {
  const thresholds = {
    MothballQuotaCritical: 0.9,
    MothballQuotaFillingUp: 1_209_600,
    MothballQuotaFillingFast: 43_200,
    MothballPolicyStale: 3,
    MothballServerUnreachable: 0.25,
    MothballAccountsUnreadable: 5,
    MothballScanStale: 100_000,
    MothballDiskFillingUp: 0.2,
    MothballSeriesDropped: 100,
  };
  const alerts = Object.fromEntries(
    Object.entries(thresholds).map(([name, threshold]) => [name, { threshold }]),
  );
  const changed = await groupsOf({ prometheusRule: { enabled: true, alerts } });
  await tested(changed.groups, []);
  for (const [name, threshold] of Object.entries(thresholds)) {
    const { expr } = alertOf(changed, name);
    assert.ok(expr.includes(` ${threshold}`), `${name}: ${expr}`);
    assert.notEqual(flat({ expr }).expr, flat(alertOf(plain, name)).expr);
  }
  // A mailbox is full for the other two alerts from the same share on.
  assert.match(alertOf(changed, 'MothballQuotaFillingUp').expr, /ratio > 0\.9$/);
  const untouched = ['MothballDown', 'MothballPolicyRunFailed', 'MothballStoreUnreachable'];
  for (const name of untouched) assert.deepEqual(flat(alertOf(changed, name)), flat(alertOf(plain, name)));
});

test('each alert can wait longer, be less severe, and carry labels and annotations for routing', async () => {
  const changed = await groupsOf({
    prometheusRule: {
      enabled: true,
      additionalRuleLabels: { team: 'mail' },
      additionalRuleAnnotations: { dashboard: 'https://grafana.example.com' },
      alerts: {
        MothballDown: { for: '1h', keepFiringFor: '2h', severity: 'page', labels: { team: 'night' } },
      },
    },
  });
  const down = alertOf(changed, 'MothballDown');
  assert.deepEqual([down.for, down.keep_firing_for], ['1h', '2h']);
  assert.deepEqual(down.labels, { severity: 'page', team: 'night' });
  assert.equal(down.annotations?.['dashboard'], 'https://grafana.example.com');
  assert.deepEqual(alertOf(changed, 'MothballPaused').labels, { severity: 'warning', team: 'mail' });
});

const watched = { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } };

test('two releases under one Prometheus neither hide nor repeat each other', async () => {
  const releases = ['hr', 'sales'].map((fullnameOverride) => groupsOf({ ...watched, fullnameOverride }));
  const groups = (await Promise.all(releases)).flatMap((one, index) =>
    one.groups.map((group) => ({ ...group, name: `${group.name}-${index}` })),
  );
  const series = (name: string, service: string, more: string, values: string): object => ({
    series: `${name}{namespace="mail", job="mothball", service="${service}", instance="i-${service}"${more}}`,
    values,
  });
  const down = { exp_labels: { severity: 'critical', namespace: 'mail', job: 'mothball', service: 'hr' } };
  const annotations = alertOf({ groups }, 'MothballDown').annotations ?? {};
  const summary = 'Mothball in mail (mothball) is down';
  await tested(groups, [
    {
      name: 'hr is down, sales is paused',
      interval: '5m',
      input_series: [
        series('up', 'hr', '', '0x400'),
        series('up', 'sales', '', '1x400'),
        series('mothball_build_info', 'sales', ', version="1"', '1x400'),
        series('mothball_paused', 'sales', '', '1x400'),
      ],
      alert_rule_test: [
        {
          eval_time: '30m',
          alertname: 'MothballDown',
          exp_alerts: [{ ...down, exp_annotations: { ...annotations, summary } }],
        },
      ],
    },
  ]);
});

test('a release is down also when its job was given another name, and when nothing is left of it', async () => {
  const { groups } = await groupsOf({ ...watched, nameOverride: 'archiver' });
  const own = 'namespace="mail", service="mothball-archiver"';
  const { annotations = {} } = alertOf({ groups }, 'MothballDown');
  const alert = (labels: object, summary: string): object => ({
    exp_labels: { severity: 'critical', namespace: 'mail', service: 'mothball-archiver', ...labels },
    exp_annotations: { ...annotations, summary },
  });
  const others = {
    series: 'mothball_build_info{namespace="x", service="y", job="mothball"}',
    values: '1x60',
  };
  const when = { eval_time: '30m', alertname: 'MothballDown' };
  await tested(groups, [
    {
      interval: '1m',
      input_series: [others, { series: `up{job="any", ${own}}`, values: '0x60' }],
      alert_rule_test: [{ ...when, exp_alerts: [alert({ job: 'any' }, 'Mothball in mail (any) is down')] }],
    },
    {
      interval: '1m',
      input_series: [others],
      alert_rule_test: [{ ...when, exp_alerts: [alert({}, 'Mothball in mail is down')] }],
    },
  ]);
});

test('a selector of your own, or none, is taken as it is', async () => {
  const rule = (selector: string): object => ({ ...watched, prometheusRule: { enabled: true, selector } });
  const own = alertOf(await groupsOf(rule('env="prod"')), 'MothballStoreUnreachable');
  assert.match(own.expr, /\(mothball_store_up\{env="prod"\}\) == 0$/);
  const quarantined = alertOf(await groupsOf(rule('env="prod"')), 'MothballQuarantined');
  assert.match(quarantined.expr, /mothball_archives\{env="prod", state="quarantined"\}/);
  const none = alertOf(await groupsOf(rule('')), 'MothballStoreUnreachable');
  assert.deepEqual(flat(none), flat(alertOf(plain, 'MothballStoreUnreachable')));
});

test('the rules of a PodMonitor look for its job', async () => {
  const { groups } = await groupsOf({ podMonitor: { enabled: true }, prometheusRule: { enabled: true } });
  const { expr } = alertOf({ groups }, 'MothballConfigReloadFailed');
  assert.ok(expr.includes('success{namespace="mail", job="mail/mothball"}'), expr);
  await tested(groups, []);
});
