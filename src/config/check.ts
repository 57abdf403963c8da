import type { z } from 'zod';
import type { Problem } from '../errors.ts';
import { issueMessage } from './messages.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** Every way in which a file departs from its schema, each at its place. */
export function shapeProblems(schema: z.ZodType, source: YamlSource): readonly Problem[] {
  const result = schema.safeParse(source.value, { error: issueMessage });
  return result.success
    ? []
    : withoutEchoes(result.error.issues).flatMap((issue) => problemsOf(issue, source, []));
}

type Issue = z.core.$ZodIssue;

/** Where a key is misspelt, a rule that misses the right one (`params.missing`) says the same again. */
function withoutEchoes(issues: readonly Issue[]): readonly Issue[] {
  const place = ({ path }: Issue): string => JSON.stringify(path.map(String));
  const misspelt = new Set(issues.filter(({ code }) => code === 'unrecognized_keys').map(place));
  return issues.filter(
    (issue) => issue.code !== 'custom' || issue.params?.['missing'] !== true || !misspelt.has(place(issue)),
  );
}

function problemsOf(issue: Issue, source: YamlSource, base: Path): readonly Problem[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  switch (issue.code) {
    case 'unrecognized_keys': {
      // One message per key, in the order of the keys.
      const messages = issue.message.split('\n');
      return issue.keys.map((key, index) =>
        source.problem([...path, key], messages[index] ?? issue.message, 'key'),
      );
    }
    case 'invalid_key':
      return [source.problem(path, issue.issues[0]?.message ?? issue.message, 'key')];
    case 'invalid_union': {
      const branch = nearestBranch(issue.errors);
      return branch === null
        ? [source.problem(path, issue.message)]
        : withoutEchoes(branch).flatMap((inner) => problemsOf(inner, source, path));
    }
    default:
      return [source.problem(path, issue.message)];
  }
}

/** The only branch of a union that the value has the outer shape of; null when none or several. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const possible = branches.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 || !['invalid_type', 'invalid_value'].includes(issue.code)),
  );
  const [only] = possible;
  return only !== undefined && possible.length === 1 ? only : null;
}

/** An entry of a list or mapping that fits its schema. */
export interface Entry<T> {
  readonly key: string | number;
  readonly value: T;
}

/**
 * Those entries of a list or mapping that fit; the others have been reported by `shapeProblems`.
 * Rules that span several entries are checked on these, so that all faults show at once.
 */
export function fitting<T>(schema: z.ZodType<T>, raw: unknown): readonly Entry<T>[] {
  if (typeof raw !== 'object' || raw === null) return [];
  const keyed: readonly (readonly [string | number, unknown])[] = Array.isArray(raw)
    ? [...raw.entries()]
    : Object.entries(raw);
  return keyed.flatMap(([key, value]) => {
    const result = schema.safeParse(value);
    return result.success ? [{ key, value: result.data }] : [];
  });
}

/** The value under a key of a mapping; undefined where there is none. */
export function fieldOf(raw: unknown, key: string): unknown {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  return new Map<string, unknown>(Object.entries(raw)).get(key);
}

/** The value as the schema reads it; undefined when it does not fit, which `shapeProblems` reports. */
export function part<T>(schema: z.ZodType<T>, raw: unknown): T | undefined {
  const result = schema.safeParse(raw);
  return result.success ? result.data : undefined;
}

/** Problems of one file in the order of its lines. */
export function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
