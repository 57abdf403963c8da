import assert from 'node:assert/strict';
import test from 'node:test';
import { type KubeObject, only, renderValues } from './helm.ts';
import { fault, unknownKeys } from './kubernetes.ts';
import { ordinary } from './ordinary.ts';
import { type PodTemplate, podsOf } from './pods.ts';

const rendered = new Map(
  await Promise.all(
    Object.entries(ordinary).map(async ([name, values]) => [name, await renderValues(values)] as const),
  ),
);

function objectsOf(name: string): readonly KubeObject[] {
  const objects = rendered.get(name);
  assert.ok(objects !== undefined, name);
  return objects;
}

const text = (name: string, kind: string): string => JSON.stringify(only(objectsOf(name), kind));

function daemonOf(name: string): PodTemplate {
  const [pod] = podsOf([only(objectsOf(name), 'StatefulSet')]);
  assert.ok(pod !== undefined);
  return pod;
}

for (const [name, objects] of rendered) {
  test(`${name}: every object is valid by its schema`, () => {
    assert.ok(objects.length >= 6);
    assert.deepEqual(
      objects.map(fault).filter((found) => found !== null),
      [],
    );
  });
}

test('no object of ordinary values has a key that Kubernetes does not know', async () => {
  assert.equal(await unknownKeys([...rendered.values()].flat()), '');
});

test('containers of others are beside the daemon, and those before it prepare its volume', () => {
  for (const name of ['a sidecar', 'a sidecar under its other name']) {
    const names = JSON.stringify(daemonOf(name).spec.containers);
    assert.match(names, /"name":"mothball".*"name":"token-refresh"/);
    assert.doesNotMatch(text(name, 'Pod'), /token-refresh/);
  }
  assert.match(JSON.stringify(daemonOf('an init container').spec), /"initContainers":\[\{.*chown/);
});

test('labels and annotations of the values win, except where selectors need them', () => {
  const name = 'labels that the chart sets too';
  const { labels } = only(objectsOf(name), 'StatefulSet').metadata;
  assert.equal(labels?.['app.kubernetes.io/part-of'], 'mail');
  assert.equal(labels['app.kubernetes.io/name'], 'mothball');
  const pod = JSON.stringify(daemonOf(name).metadata);
  assert.match(pod, /"app.kubernetes.io\/component":"daemon"/);
  assert.match(pod, /"app.kubernetes.io\/version":"mine"/);
  assert.match(pod, /"checksum\/restart":"mine"/);
});

test('a new version of the chart alone does not restart the daemon', () => {
  assert.doesNotMatch(JSON.stringify(daemonOf('no probes').metadata), /helm\.sh\/chart/);
});

test('common annotations are on every object, and an own one wins', () => {
  const name = 'waves of Argo CD';
  const waves = new Map(
    objectsOf(name).map(({ kind, metadata }) => [
      kind,
      metadata.annotations?.['argocd.argoproj.io/sync-wave'],
    ]),
  );
  assert.equal(waves.get('PersistentVolumeClaim'), '-1');
  assert.equal(waves.get('Service'), '1');
  for (const kind of ['StatefulSet', 'ConfigMap', 'ServiceAccount']) assert.equal(waves.get(kind), '2', kind);
  const [workload] = ['annotations of the workload'].map(
    (one) => only(objectsOf(one), 'StatefulSet').metadata,
  );
  assert.deepEqual(workload?.annotations, { 'reloader.stakater.com/auto': 'true' });
});

test('every object is in the namespace that is asked for', () => {
  for (const { kind, metadata } of objectsOf('another namespace'))
    assert.equal(metadata.namespace, 'archive', kind);
});

test('the image comes from the registry of the cluster, with its secrets', () => {
  const { spec } = daemonOf('a registry for all charts');
  assert.equal(spec.containers[0]?.image, 'registry.corp/mothball:0.1.0');
  assert.match(JSON.stringify(spec), /"imagePullSecrets":\[\{"name":"regcred"\}\]/);
});

test('metrics and probes have a port of their own, and an Ingress reaches only the page', () => {
  const name = 'an Ingress with a path';
  const [daemon] = daemonOf(name).spec.containers;
  assert.equal(daemon?.livenessProbe?.httpGet.port, 'metrics');
  assert.equal(daemon.readinessProbe?.httpGet.port, 'metrics');
  assert.match(text(name, 'Service'), /"name":"http","port":9310.*"name":"metrics","port":9311/);
  assert.match(text(name, 'Ingress'), /"port":\{"name":"http"\}/);
  assert.match(text('a ServiceMonitor with all that they have', 'ServiceMonitor'), /"port":"metrics"/);
});

test('the page and the metrics can be open to different callers', async () => {
  const from = (app: string): object => ({ podSelector: { matchLabels: { app } } });
  const networkPolicy = { enabled: true, ingressFrom: [from('proxy')], metricsFrom: [from('prometheus')] };
  const policy = JSON.stringify(only(await renderValues({ networkPolicy }), 'NetworkPolicy').spec);
  assert.match(
    policy,
    /"port":"http"[^\]]*\],"from":[^\]]*"app":"proxy".*"port":"metrics"[^\]]*\],"from":[^\]]*"app":"prometheus"/,
  );
});

test('on OpenShift the namespace gives user and group', () => {
  for (const name of ['OpenShift by its switch', 'OpenShift by nulls']) {
    const context = JSON.stringify(daemonOf(name).spec.securityContext);
    assert.doesNotMatch(context, /runAsUser|runAsGroup|fsGroup"/);
    assert.match(context, /"runAsNonRoot":true/);
  }
});

test('a probe can be replaced, or be left out', () => {
  const [own] = daemonOf('a probe of its own').spec.containers;
  assert.deepEqual(own?.livenessProbe?.httpGet, { path: '/livez', port: 9310 });
  const [none] = daemonOf('no probes').spec.containers;
  assert.equal(none?.livenessProbe, undefined);
  assert.equal(none?.startupProbe, undefined);
  assert.ok(none?.readinessProbe !== undefined);
});

test('the network policy opens the port of the proxy', () => {
  assert.match(text('a proxy by the environment', 'NetworkPolicy'), /"port":3128/);
  assert.match(text('IPv6 only', 'NetworkPolicy'), /"port":8080/);
  const environment = JSON.stringify(daemonOf('IPv6 only').spec.containers);
  assert.match(environment, /"name":"HTTPS_PROXY","value":"http:\/\/user:secret@\[2001:db8::5\]:8080"/);
});

test('the service has addresses of both families where there are both', () => {
  assert.match(text('no probes', 'Service'), /"ipFamilyPolicy":"PreferDualStack"/);
  assert.match(text('IPv6 only', 'Service'), /"ipFamilyPolicy":"SingleStack","ipFamilies":\["IPv6"\]/);
});

test('neither Helm nor Argo CD nor Flux removes the claim, unless keep is false', async () => {
  assert.deepEqual(only(objectsOf('no probes'), 'PersistentVolumeClaim').metadata.annotations, {
    'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
    'helm.sh/resource-policy': 'keep',
    'kustomize.toolkit.fluxcd.io/prune': 'disabled',
  });
  const loose = only(await renderValues({ persistence: { keep: false } }), 'PersistentVolumeClaim');
  assert.equal(loose.metadata.annotations, undefined);
});

test('a claim can bind a volume that exists, or be filled from a snapshot', () => {
  assert.match(
    text('a volume that exists', 'PersistentVolumeClaim'),
    /"storageClassName":"","volumeName":"pv-7"/,
  );
  assert.match(text('a volume from a snapshot', 'PersistentVolumeClaim'), /"dataSource":\{.*"name":"before"/);
});

test('a pod that never gets ready can be replaced by its correction', () => {
  assert.match(text('no probes', 'StatefulSet'), /"podManagementPolicy":"Parallel"/);
});

test('in maintenance the pod is idle, with all its volumes and no probes', () => {
  const { spec } = daemonOf('maintenance');
  const [idle] = spec.containers;
  assert.deepEqual(
    Object.keys(idle ?? {}).filter((key) => /Probe|ports/.test(key)),
    [],
  );
  assert.match(JSON.stringify(idle), /"command":\["node","-e",/);
  assert.deepEqual(spec.volumes, daemonOf('enabled, for a chart around it').spec.volumes);
});

test('secrets of a CSI driver and of a projected volume are not readable by everyone', () => {
  const volumes = JSON.stringify(daemonOf('secrets from a CSI driver and a projected volume').spec.volumes);
  assert.match(volumes, /"csi":\{"driver":"secrets-store.csi.k8s.io","readOnly":true/);
  assert.match(volumes, /"projected":\{"defaultMode":288/);
});

test('spread without a selector counts the pods of the release', () => {
  const { spec } = daemonOf('where pods run');
  assert.match(
    JSON.stringify(spec),
    /"topologySpreadConstraints":\[\{"labelSelector":\{"matchLabels":\{"app.kubernetes.io\/instance":"mothball"/,
  );
  assert.match(JSON.stringify(spec), /"hostUsers":false/);
});
