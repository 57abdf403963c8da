import assert from 'node:assert/strict';
import test from 'node:test';
import { chart, features, helm, type KubeObject, only, render, valuesOf } from './helm.ts';
import { fault, unknownKeys } from './kubernetes.ts';

const all = ['defaults', ...features.keys()];
const rendered = new Map(
  await Promise.all(all.map(async (name) => [name, await render(valuesOf(name))] as const)),
);

for (const feature of all) {
  test(`${feature}: lint passes, and every object is valid by its schema`, async () => {
    const lint = await helm(['lint', '--strict', chart, ...valuesOf(feature)]);
    assert.equal(lint.code, 0, lint.stdout + lint.stderr);
    const objects = rendered.get(feature) ?? [];
    assert.ok(objects.length >= 4);
    assert.deepEqual(
      objects.map(fault).filter((found) => found !== null),
      [],
    );
  });
}

test('no object of any feature has a key that Kubernetes does not know', async () => {
  assert.equal(await unknownKeys([...rendered.values()].flat()), '');
});

test('a wrong type and an unknown key would be noticed', async () => {
  const [service] = (rendered.get('defaults') ?? []).filter(({ kind }) => kind === 'Service');
  assert.ok(service !== undefined);
  assert.match(fault({ ...service, spec: { ports: [{ port: 'http' }] } }) ?? '', /port/);
  assert.match(fault({ ...service, kind: 'Servant' }) ?? '', /no schema/);
  assert.match(await unknownKeys([{ ...service, spec: { ports: [], selektor: {} } }]), /selektor/);
});

test('an upgrade from the defaults to any feature changes nothing that Kubernetes refuses to change', async () => {
  const before = rendered.get('defaults') ?? [];
  for (const feature of all) {
    const after = await render(['--is-upgrade', ...valuesOf(feature)]);
    for (const object of after) {
      const old = before.find(
        ({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name,
      );
      if (old !== undefined) assert.deepEqual(fixed(object), fixed(old), `${feature}: ${object.kind}`);
    }
  }
});

/** Fields of a workload that are given once and for all. */
function fixed({ kind, spec }: KubeObject): unknown {
  if (kind !== 'StatefulSet' && kind !== 'Deployment') return null;
  const fields: Readonly<Record<string, unknown>> = { ...(typeof spec === 'object' ? spec : {}) };
  return {
    selector: fields['selector'],
    serviceName: fields['serviceName'],
    volumes: fields['volumeClaimTemplates'],
    podManagement: fields['podManagementPolicy'],
  };
}

test('what cannot be changed in place has a name of its own each time', async () => {
  const names = (rendered.get('plan-job') ?? []).filter(({ kind }) => kind === 'Job');
  const plan = names[0]?.metadata.name ?? '';
  assert.match(plan, /^mothball-plan-[0-9a-f]{8}$/);
  const other = await render([...valuesOf('plan-job'), '--set', 'config.log.level=debug']);
  assert.notEqual(only(other, 'Job').metadata.name, plan);
  // Not by the number of the revision, which is always 1 under Argo CD.
  const again = await render([...valuesOf('plan-job'), '--is-upgrade']);
  assert.equal(only(again, 'Job').metadata.name, plan);
});
