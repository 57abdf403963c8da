import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { chart, features, helm, only, render, valuesOf } from './helm.ts';
import { fault } from './kubernetes.ts';
import { podsOf } from './pods.ts';

test('every pod of every feature is locked down', async () => {
  for (const feature of ['defaults', ...features.keys()]) {
    const pods = podsOf(await render(valuesOf(feature)));
    assert.ok(pods.length >= 2, feature);
    for (const { spec } of pods) {
      assert.equal(spec.automountServiceAccountToken, false);
      assert.deepEqual(spec.securityContext, {
        runAsNonRoot: true,
        runAsUser: 65_532,
        runAsGroup: 65_532,
        fsGroup: 65_532,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of spec.containers) {
        assert.deepEqual(container.securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        assert.ok('resources' in container);
        const mounts = container.volumeMounts.map(({ name }) => name);
        const volumes = spec.volumes.map(({ name }) => name);
        assert.deepEqual(mounts.toSorted(), volumes.toSorted(), 'each volume is mounted once');
      }
    }
  }
});

test('the user of the pods is the one of the image', () => {
  const dockerfile = readFileSync(join(chart, '..', 'Dockerfile'), 'utf8');
  assert.match(dockerfile, /^USER 65532:65532$/m);
});

test('with a volume the daemon is a StatefulSet on one claim that outlives the release', async () => {
  const objects = await render(valuesOf('persistence'));
  const [daemon] = podsOf([only(objects, 'StatefulSet')]);
  assert.deepEqual(
    daemon?.spec.volumes.find(({ name }) => name === 'data'),
    { name: 'data', persistentVolumeClaim: { claimName: 'mothball' } },
  );
  const claim = JSON.stringify(only(objects, 'PersistentVolumeClaim'));
  assert.match(claim, /"helm.sh\/resource-policy":"keep"/);
  assert.match(claim, /"storage":"200Gi".*|"storageClassName":"fast-ssd"/);
  const existing = await render(valuesOf('existing-claim'));
  assert.ok(!existing.some(({ kind }) => kind === 'PersistentVolumeClaim'));
  assert.match(JSON.stringify(only(existing, 'StatefulSet')), /"claimName":"mail-archive"/);
});

test('without one it is a Deployment that never runs two pods', async () => {
  const deployment = only(await render(valuesOf('no-persistence')), 'Deployment');
  assert.match(JSON.stringify(deployment.spec), /"strategy":\{"type":"Recreate"\}/);
});

test('the probes ask the paths that the daemon serves', async () => {
  const [daemon] = podsOf([only(await render([]), 'StatefulSet')]);
  const [container] = daemon?.spec.containers ?? [];
  assert.deepEqual(container?.args, ['daemon']);
  assert.equal(container.startupProbe?.httpGet.path, '/livez');
  assert.equal(container.livenessProbe?.httpGet.path, '/livez');
  assert.equal(container.readinessProbe?.httpGet.path, '/readyz');
});

test('Secrets are mounted where the configuration looks for them, not readable by everyone', async () => {
  const [daemon] = podsOf([only(await render(valuesOf('s3')), 'StatefulSet')]);
  const secret = {
    secretName: 'mail-master',
    defaultMode: 0o440,
    items: [{ key: 'password', path: 'master' }],
  };
  assert.deepEqual(
    daemon?.spec.volumes.find(({ name }) => name === 'credentials-mail'),
    { name: 'credentials-mail', secret },
  );
  const mount = daemon?.spec.containers[0]?.volumeMounts.find(({ name }) => name === 'credentials-mail');
  assert.deepEqual(mount, {
    name: 'credentials-mail',
    mountPath: '/run/secrets/mothball/mail',
    readOnly: true,
  });
});

test('a change of configuration is loaded by the daemon, unless only a restart can take it over', async () => {
  const annotations = async (...args: readonly string[]): Promise<unknown> =>
    podsOf([only(await render([...valuesOf('minimal'), ...args]), 'StatefulSet')])[0]?.metadata.annotations;
  const before = await annotations();
  assert.deepEqual(await annotations('--set', 'config.log.level=debug'), before);
  assert.deepEqual(await annotations('--set', 'policies.more=version: 1'), before);
  assert.notDeepEqual(await annotations('--set', 'config.database=sqlite:/data/new.db'), before);
  const restart = ['--set', 'restartOnChange=true'];
  const always = await annotations(...restart);
  assert.notDeepEqual(await annotations(...restart, '--set', 'config.log.level=debug'), always);
  assert.notDeepEqual(await annotations(...restart, '--set', 'policies.more=version: 1'), always);
});

test('the network policy opens the ports of the configured servers and stores, and DNS', async () => {
  const ports = async (...args: readonly string[]): Promise<readonly unknown[]> => {
    const text = JSON.stringify(only(await render(args), 'NetworkPolicy').spec);
    return [...text.slice(text.indexOf('egress')).matchAll(/"port":(\d+)/g)].map(([, port]) => Number(port));
  };
  // STARTTLS is on 143, S3 on 443.
  assert.deepEqual(await ports(...valuesOf('s3')), [53, 53, 143, 443]);
  const mail = '{"to":["a@example.com"],"from":"b@example.com","host":"smtp.example.com"}';
  const webhook = '{"url":"https://hooks.example.com:8443/x"}';
  const reports = `config.reports={"mail":${mail},"webhook":${webhook}}`;
  assert.deepEqual(await ports(...valuesOf('s3'), '--set-json', reports), [53, 53, 143, 443, 587, 8443]);
  assert.deepEqual(
    await ports(...valuesOf('s3'), '--set', 'config.stores.cold.endpoint=http://rgw:7480/x'),
    [53, 53, 143, 7480],
  );
  assert.deepEqual(
    await ports(...valuesOf('network-policy'), '--set', 'config.servers.main.port=9993'),
    [53, 53, 9993, 3128],
  );
});

test('the CronJob runs the policies without asking, one run at a time', async () => {
  const objects = await render(valuesOf('cronjob'));
  const job = only(objects, 'CronJob');
  assert.match(JSON.stringify(job.spec), /"concurrencyPolicy":"Forbid"/);
  const [pod] = podsOf([job]);
  assert.deepEqual(pod?.spec.containers[0]?.args, [
    'run',
    '--yes',
    '--quiet',
    '--metrics-file',
    '/metrics/mothball.prom',
    'archive-after-2y',
  ]);
  for (const kind of ['StatefulSet', 'Deployment', 'Service'])
    assert.ok(!objects.some((object) => object.kind === kind), kind);
});

test('helm test validates the configuration, without the volume', async () => {
  const pod = only(await render([]), 'Pod');
  const [found] = podsOf([pod]);
  assert.deepEqual(found?.spec.containers[0]?.args, ['validate']);
  assert.ok(!JSON.stringify(pod).includes('persistentVolumeClaim'));
});

test('each dashboard of the chart is a ConfigMap that holds it unchanged', async () => {
  const folder = join(chart, 'dashboards');
  const files = readdirSync(folder);
  const maps = (await render(valuesOf('monitoring'))).filter(
    ({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1',
  );
  assert.ok(files.length > 0);
  assert.deepEqual(
    maps
      .flatMap(({ data }) => Object.entries(data ?? {}))
      .map(([name, text]): unknown => [name, JSON.parse(text)]),
    files.toSorted().map((file): unknown => [file, JSON.parse(readFileSync(join(folder, file), 'utf8'))]),
  );
});

test('several replicas roll, spread over nodes, come with a disruption budget, and claim nothing', async () => {
  const objects = await render(valuesOf('replicas'));
  assert.equal(fault(only(objects, 'PodDisruptionBudget')), null);
  const deployment = only(objects, 'Deployment');
  assert.ok(!JSON.stringify(deployment).includes('Recreate'));
  assert.match(JSON.stringify(deployment.spec), /"topologyKey":"kubernetes.io\/hostname"/);
  assert.match(
    JSON.stringify(deployment.spec),
    /"name":"spool","emptyDir"|"emptyDir":\{[^}]*\},"name":"spool"/,
  );
  assert.ok(!JSON.stringify(objects).includes('PersistentVolumeClaim'));
  // IMAP, S3, and the port of the database.
  const policy = JSON.stringify(only(objects, 'NetworkPolicy').spec);
  for (const port of [993, 443, 5433]) assert.ok(policy.includes(`"port":${port}`), String(port));
  assert.ok(!(await render([])).some(({ kind }) => kind === 'PodDisruptionBudget'));
});

test('the chart packs, and the package holds no files of its tests', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'chart-'));
  try {
    const { code, stderr } = await helm(['package', chart, '--destination', directory]);
    assert.equal(code, 0, stderr);
    const [file = ''] = readdirSync(directory);
    assert.match(file, /^mothball-\d+\.\d+\.\d+\.tgz$/);
    const rendered = await render(valuesOf('minimal'), join(directory, file));
    assert.deepEqual(rendered, await render(valuesOf('minimal')));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
