import type { KubeObject } from './helm.ts';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
}

/** A pod, or the template of one, as far as the tests look. */
export interface PodTemplate {
  readonly metadata: { readonly annotations?: unknown };
  readonly spec: {
    readonly automountServiceAccountToken: boolean;
    readonly securityContext: unknown;
    readonly containers: readonly Container[];
    readonly volumes: readonly { readonly name: string }[];
  };
}

/** The pods that these objects are or make. */
export function podsOf(objects: readonly KubeObject[]): readonly PodTemplate[] {
  return objects.flatMap((object) => {
    const found = find(object);
    return found === null ? [] : [found];
  });
}

function find(node: unknown): PodTemplate | null {
  if (typeof node !== 'object' || node === null) return null;
  if (isPod(node)) return node;
  for (const child of Object.values(node)) {
    const found = find(child);
    if (found !== null) return found;
  }
  return null;
}

function isPod(node: object): node is PodTemplate {
  const spec: unknown = 'spec' in node ? node.spec : null;
  return typeof spec === 'object' && spec !== null && 'containers' in spec;
}
