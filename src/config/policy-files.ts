import { glob } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { Hold, Policy } from '../domain/policy.ts';
import { ConfigError, type Problem } from '../errors.ts';
import { byPlace, fieldOf, fitting, shapeProblems } from './check.ts';
import { normaliseNotify } from './normalise-notify.ts';
import { type KnownStores, normaliseHold, normalisePolicy } from './normalise-policy.ts';
import { holdSchema, policyFileSchema, policyEntrySchema } from './schema-policy.ts';
import { Scope } from './scope.ts';
import { type Path, readYaml } from './yaml-source.ts';

export interface PolicyFiles {
  readonly policies: readonly Policy[];
  readonly holds: readonly Hold[];
  readonly problems: readonly Problem[];
  /** Templates that policies name. */
  readonly templates: readonly string[];
}

/** The files that the globs of mothball.yaml name, sorted, each once. A glob without a file is a problem. */
export async function findPolicyFiles(scope: Scope, globs: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const [index, pattern] of globs.entries()) {
    let matched = false;
    for await (const file of glob(pattern, { cwd: scope.directory })) {
      matched = true;
      found.add(isAbsolute(file) ? file : join(scope.directory, file));
    }
    if (!matched) scope.report(['policies', index], `no file matches, looking from ${scope.directory}`);
  }
  return [...found].toSorted();
}

/**
 * Reads policy files. `stores` are those of mothball.yaml; paths in policies are
 * relative to `directory`.
 */
export async function loadPolicyFiles(
  files: readonly string[],
  stores: KnownStores,
  directory: string,
): Promise<PolicyFiles> {
  const policies: Policy[] = [];
  const holds: Hold[] = [];
  const problems: Problem[] = [];
  const templates: string[] = [];
  const taken = new Map<string, string>();
  for (const file of files) {
    const scope = await scopeOf(file, problems);
    if (scope === null) continue;
    for (const { key, value } of fitting(policyEntrySchema, fieldOf(scope.source.value, 'policies'))) {
      const path = ['policies', key];
      claimName(scope, taken, { noun: 'policy', name: value.name, path });
      const notify = await normaliseNotify(scope, [...path, 'notify'], value.notify, directory);
      policies.push({ ...normalisePolicy(scope, path, value, stores), notify });
      if (value.notify?.template !== undefined) templates.push(resolve(directory, value.notify.template));
    }
    for (const { key, value } of fitting(holdSchema, fieldOf(scope.source.value, 'holds'))) {
      claimName(scope, taken, { noun: 'hold', name: value.name, path: ['holds', key] });
      holds.push(normaliseHold(value));
    }
    problems.push(...[...shapeProblems(policyFileSchema, scope.source), ...scope.problems].toSorted(byPlace));
  }
  return { policies, holds, problems, templates };
}

async function scopeOf(file: string, problems: Problem[]): Promise<Scope | null> {
  try {
    return new Scope(await readYaml(file), '/', { env: {}, cwd: '/' });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return null;
  }
}

interface NameClaim {
  readonly noun: 'policy' | 'hold';
  readonly name: string;
  readonly path: Path;
}

function claimName(scope: Scope, taken: Map<string, string>, { noun, name, path }: NameClaim): void {
  const place = [...path, 'name'];
  const first = taken.get(`${noun} ${name}`);
  const here = scope.source.problem(place, '');
  if (first === undefined) taken.set(`${noun} ${name}`, `${here.file}:${here.line}`);
  else
    scope.report(
      place,
      `there is already a ${noun} "${name}", at ${first}; names must be unique across all files`,
    );
}
