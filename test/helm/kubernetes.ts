import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import { Ajv } from 'ajv';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { CronJob } from 'kubernetes-models/batch/v1/CronJob';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Pod } from 'kubernetes-models/v1/Pod';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import type { KubeObject } from './helm.ts';
import { httpRouteSchema } from './http-route-schema.ts';

const operator = '@kubernetes-models/prometheus-operator/';
const models = [
  { model: ConfigMap, module: 'kubernetes-models/v1/ConfigMap' },
  { model: CronJob, module: 'kubernetes-models/batch/v1/CronJob' },
  { model: Deployment, module: 'kubernetes-models/apps/v1/Deployment' },
  { model: Ingress, module: 'kubernetes-models/networking.k8s.io/v1/Ingress' },
  { model: Job, module: 'kubernetes-models/batch/v1/Job' },
  { model: NetworkPolicy, module: 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy' },
  { model: PersistentVolumeClaim, module: 'kubernetes-models/v1/PersistentVolumeClaim' },
  { model: Pod, module: 'kubernetes-models/v1/Pod' },
  { model: PodDisruptionBudget, module: 'kubernetes-models/policy/v1/PodDisruptionBudget' },
  { model: PodMonitor, module: `${operator}monitoring.coreos.com/v1/PodMonitor` },
  { model: PrometheusRule, module: `${operator}monitoring.coreos.com/v1/PrometheusRule` },
  { model: Service, module: 'kubernetes-models/v1/Service' },
  { model: ServiceAccount, module: 'kubernetes-models/v1/ServiceAccount' },
  { model: ServiceMonitor, module: `${operator}monitoring.coreos.com/v1/ServiceMonitor` },
  { model: StatefulSet, module: 'kubernetes-models/apps/v1/StatefulSet' },
] as const;
const isHttpRoute = new Ajv({ allErrors: true }).compile(httpRouteSchema);

const typeOf = (object: KubeObject): string => `${object.apiVersion}/${object.kind}`;
const modelOf = (object: KubeObject): (typeof models)[number] | undefined =>
  models.find(({ model }) => `${model.apiVersion}/${model.kind}` === typeOf(object));

/** What is wrong with an object by the schema of its kind; null when it is valid. */
export function fault(object: KubeObject): string | null {
  const found = modelOf(object);
  if (found === undefined) {
    if (typeOf(object) !== 'gateway.networking.k8s.io/v1/HTTPRoute') return `no schema for ${typeOf(object)}`;
    return isHttpRoute(object) ? null : JSON.stringify(isHttpRoute.errors);
  }
  try {
    Reflect.apply(found.model.prototype.validate, object, []);
    return null;
  } catch (error) {
    return `${typeOf(object)} ${object.metadata.name}: ${String(error)}`;
  }
}

/**
 * Keys that the API does not know. The schemas let them pass, as the API server would drop them; the
 * types of the same package do not, so the compiler is asked. Empty when all is known.
 */
export async function unknownKeys(objects: readonly KubeObject[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kube-types-'));
  const checkout = fileURLToPath(new URL('../../', import.meta.url));
  const lines = objects.flatMap((object, index) => {
    const module = modelOf(object)?.module;
    if (module === undefined) return [];
    const type = `import('${module}').I${object.kind}`;
    return [`export const object${index}: ${type} = ${JSON.stringify(object, null, 1)};`];
  });
  const compilerOptions = { module: 'nodenext', strict: true, noEmit: true, skipLibCheck: true, types: [] };
  try {
    await symlink(join(checkout, 'node_modules'), join(directory, 'node_modules'));
    await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
    await writeFile(
      join(directory, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['objects.ts'] }),
    );
    await writeFile(join(directory, 'objects.ts'), lines.join('\n'));
    return await new Promise((resolve) => {
      const tsc = join(checkout, 'node_modules', '.bin', 'tsc');
      execFile(tsc, ['-p', directory], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout) =>
        resolve(error === null ? '' : stdout || error.message),
      );
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
