/** Every query of the dashboards and of the alerts asks for what a daemon really exposes. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before } from 'node:test';
import { parse, stringify } from 'yaml';
import { declarations } from '../../src/metrics/declarations.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startDaemon, until } from '../integration/daemon.ts';
import { makeSite, policy, type Site } from '../integration/installation.ts';
import { type Sample, samplesOf } from '../oracle/exposition.ts';
import { usesOf } from '../oracle/promql.ts';
import { promtool } from '../oracle/promtool.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

const helm = join(import.meta.dirname, '../../helm');
const user = 'alice@example.com';
const limitBytes = 100 * 1024;
/** Prometheus adds these to every series that it scrapes. */
const targetLabels = new Set(['cluster', 'namespace', 'job', 'service', 'instance', 'pod']);
/** Written by others: Prometheus itself, and the textfile collector of node_exporter. */
const foreign = new Set(['up', 'node_textfile_scrape_error']);

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition?: string;
}
interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}
interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
}
interface Query {
  readonly where: string;
  readonly expr: string;
  readonly legend: string;
}

const dashboards: readonly (readonly [string, Dashboard])[] = readdirSync(join(helm, 'dashboards')).map(
  (file) => [file, JSON.parse(readFileSync(join(helm, 'dashboards', file), 'utf8'))],
);
const queries = [...dashboards.flatMap(queriesOf), ...alertQueries()];

let dovecot: Dovecot;
let site: Site;
let samples: readonly Sample[];

before(async () => {
  dovecot = await startDovecot({ quotaBytes: limitBytes, quotaRules: ['*:messages=1000'] });
  await seedUser(dovecot, user, [note('old', 500), note('young', 3, { size: 60_000 })]);
  site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { schedule: '15 2 * * *' })],
    extra: { http: { listen: '127.0.0.1:0' }, metrics: { folders: true } },
  });
  // The database is made, then made to remember a slow growth and a schedule that was missed.
  await (await startDaemon(site)).stop();
  remember(site.database);
  const daemon = await startDaemon(site);
  const wanted = /^mothball_(?:policy_last_run_success|account_full_timestamp_seconds|folder_messages)\{/gm;
  let text = '';
  await until(async () => {
    ({ text } = await daemon.get('/metrics'));
    return new Set(text.match(wanted)).size === 3 && /^mothball_last_scan_timestamp_seconds\{/m.test(text);
  });
  assert.equal(await daemon.stop(), 143);
  await promtool(['check', 'metrics'], text);
  samples = samplesOf(text);
});

after(async () => {
  await site.remove();
  await dovecot.stop();
});

function remember(path: string): void {
  using database = new DatabaseSync(path);
  database.exec('UPDATE schedules SET since = since - 7 * 86400000');
  database.exec('DELETE FROM done; UPDATE scans SET at = at - 86400000');
  const insert = database.prepare(
    'INSERT INTO samples (server, account, root, at, used_bytes, limit_bytes) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const now = Date.now();
  for (let hour = 24; hour >= 1; hour -= 1)
    insert.run('main', user, 'User quota', now - hour * 3_600_000, 60_000 - hour * 500, limitBytes);
}

function queriesOf([file, { panels, templating }]: readonly [string, Dashboard]): readonly Query[] {
  const shown = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({ where: `${file}: ${title}`, expr, legend: legendFormat })),
  );
  const variables = templating.list.flatMap(({ name, definition }) => {
    const [, metric = '', label = ''] =
      /^label_values\((\w+)(?:\{[^}]*\})?, (\w+)\)$/.exec(definition ?? '') ?? [];
    return metric === ''
      ? []
      : [{ where: `${file}: $${name}`, expr: `count by (${label}) (${metric})`, legend: '' }];
  });
  return [...shown, ...variables];
}

function alertQueries(): readonly Query[] {
  const { groups } = parse(readFileSync(join(helm, 'rules/mothball.rules.yaml'), 'utf8'));
  return groups.flatMap((group: { rules: readonly Rule[] }) =>
    group.rules.map(({ alert, record = '', expr }) => ({ where: alert ?? record, expr, legend: '' })),
  );
}

/** As Grafana fills it in before it asks. */
function filled(expr: string): string {
  return expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$[a-z]+/g, '.*');
}

/** Missing until there is an archive, or an expiry has run: what is declared must do. */
const later = new Map<string, readonly string[]>(
  (['store_free_bytes', 'last_expire_success_timestamp_seconds'] as const).map((name) => [
    `mothball_${name}`,
    declarations[name].labels,
  ]),
);

function has(metric: string, label: string): boolean {
  return (
    targetLabels.has(label) ||
    (later.get(metric) ?? []).includes(label) ||
    samples.some(({ name, labels }) => name === metric && Object.hasOwn(labels, label))
  );
}

for (const { where, expr, legend } of queries) {
  test(`a daemon exposes what is asked for by ${where}`, () => {
    const uses = usesOf(filled(expr));
    assert.ok(uses.length > 0, expr);
    for (const { metric, labels } of uses) {
      // What a rule recorded is asked for where it is recorded.
      if (foreign.has(metric) || metric.includes(':')) continue;
      assert.ok(later.has(metric) || samples.some(({ name }) => name === metric), `${metric} is not exposed`);
      const missing = labels.filter((label) => !has(metric, label));
      // In `a or b` and in `by` over both, each label must be on one of them at least.
      for (const label of missing)
        assert.ok(
          uses.some((other) => has(other.metric, label)),
          `${metric} has no label ${label}`,
        );
    }
    for (const [, label = ''] of legend.matchAll(/\{\{(\w+)\}\}/g))
      assert.ok(
        uses.some(({ metric }) => has(metric, label)),
        `the legend names ${label}`,
      );
  });
}

test('promtool can parse every query', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'mothball-queries-'));
  try {
    const rules = queries.map(({ expr }, index) => ({ record: `query_${index}`, expr: filled(expr) }));
    await writeFile(join(dir, 'rules.yaml'), stringify({ groups: [{ name: 'queries', rules }] }));
    await promtool(['check', 'rules', join(dir, 'rules.yaml')]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('no query merges two releases, namespaces or clusters that give the same name to something', () => {
  const own = 'cluster=~"$cluster", namespace=~"$namespace", job=~"$job"';
  for (const [file, { templating, panels }] of dashboards) {
    assert.deepEqual(
      templating.list.slice(1, 4).map(({ name }) => name),
      ['cluster', 'namespace', 'job'],
      file,
    );
    for (const { title, targets = [] } of panels)
      for (const { expr } of targets) {
        for (const { metric } of usesOf(expr))
          assert.ok(expr.includes(`${metric}{${own}`), `${file}: ${title}: ${metric}`);
        for (const [, operation, labels = ''] of expr.matchAll(/(\w+) by \(([^)]*)\)/g))
          // A sum over all of them, or the versions there are, is meant to be one.
          if (!/^(?:band|state|result|version)$/.test(labels))
            assert.match(labels, /^cluster, namespace, job, service\b/, `${file}: ${title}: ${operation}`);
      }
  }
});

for (const [file, { uid, schemaVersion, templating, panels }] of dashboards) {
  test(`${file} works with any data source of Grafana 10 and newer`, () => {
    assert.equal(uid, `mothball-${file.replace('.json', '')}`);
    assert.ok(schemaVersion >= 38, 'Grafana 10.0');
    assert.equal(templating.list[0]?.type, 'datasource');
    assert.ok(panels.length > 8);
    for (const { title, type, datasource } of panels)
      if (type !== 'row') assert.equal(datasource?.uid, `\${${templating.list[0]?.name}}`, title);
  });
}

test('the reader of expressions finds metrics and labels, and nothing else', () => {
  assert.deepEqual(
    usesOf(
      'sum by (a, b) (rate(x_total{c="y{z}", d=~"q"}[5m])) / on (a) z > 2 * 1e3 or vector(0) unless up == 0',
    ),
    [
      { metric: 'x_total', labels: ['c', 'd', 'a', 'b'] },
      { metric: 'z', labels: ['a', 'b'] },
      { metric: 'up', labels: ['a', 'b'] },
    ],
  );
});
