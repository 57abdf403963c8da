import { leastArchiveBytes, maxArchiveBytes } from '../domain/batching.ts';
import { bytes } from '../domain/brands.ts';
import type { ArchiveRule, Compression, DeleteRule, Duration, Hold, Policy } from '../domain/policy.ts';
import { formatBytes } from '../domain/size.ts';
import { unknownKey } from './messages.ts';
import { normaliseOnRun } from './normalise-on-run.ts';
import { normaliseOverrides } from './normalise-override.ts';
import { policyHash } from './policy-hash.ts';
import type { HoldInput, PolicyInput } from './schema-policy.ts';
import type { Scope } from './scope.ts';
import type { Path } from './yaml-source.ts';

const everyAccount = { include: ['*'], exclude: [] };
const everyFolder = { include: ['**'], exclude: [], namespaces: ['personal'] } as const;
const graceByDefault: Duration = { count: 7, unit: 'd' };
const noGrace: Duration = { count: 0, unit: 'd' };
const maxWaitByDefault: Duration = { count: 30, unit: 'd' };
const restoredKeep: Duration = { count: 30, unit: 'd' };
const maxBytes = bytes(20 * 1024 ** 3);

/** The stores of mothball.yaml. */
export interface KnownStores {
  readonly names: readonly string[];
  readonly encrypted: ReadonlySet<string>;
}

/** The policy with its defaults, all but `notify`; what its keys say of each other is reported. */
export function normalisePolicy(
  scope: Scope,
  path: Path,
  input: PolicyInput,
  stores: KnownStores,
): Omit<Policy, 'notify'> {
  checkDrain(scope, path, input);
  const policy = {
    name: input.name,
    mode: input.mode,
    schedule: input.schedule ?? null,
    timezone: input.timezone,
    accounts: input.accounts ?? everyAccount,
    folders: input.folders ?? everyFolder,
    match: input.match,
    when: input.when ?? null,
    drainTo: input.drainTo ?? null,
    order: input.order ?? { by: 'oldest', folders: [] },
    archive: normaliseArchive(scope, [...path, 'archive'], input.archive, stores.names),
    delete: input.delete === undefined ? null : normaliseDelete(input.delete, input.drainTo !== undefined),
    limits: {
      maxMessages: input.limits?.maxMessages ?? 50_000,
      maxBytes: input.limits?.maxBytes ?? maxBytes,
      maxPercent: input.limits?.maxPercent ?? 90,
    },
    recheck: input.recheck,
    trustBodyOverSize: input.trustBodyOverSize,
    restoredKeep: input.restoredKeep ?? restoredKeep,
    retain: input.retain ?? null,
  } as const;
  const overrides = normaliseOverrides(scope, path, input.overrides, policy);
  // None of them decides about mail, so the hash leaves them out.
  const onRun = normaliseOnRun(input.onRun);
  const indexText = input.index?.text === true;
  if (indexText && stores.encrypted.has(input.archive.to))
    scope.report(
      [...path, 'index', 'text'],
      `store "${input.archive.to}" is encrypted, and an index would keep what is written in its mail unencrypted in the database; remove it, or archive to another store`,
    );
  return {
    ...policy,
    hash: policyHash(policy),
    ...(overrides.length === 0 ? {} : { overrides }),
    ...(onRun === null ? {} : { onRun }),
    ...(indexText ? { indexText } : {}),
  };
}

export function normaliseHold(input: HoldInput): Hold {
  return { name: input.name, accounts: input.accounts ?? everyAccount, match: input.match ?? null };
}

function checkDrain(scope: Scope, path: Path, input: PolicyInput): void {
  if (input.drainTo === undefined) return;
  const place = [...path, 'drainTo'];
  if (input.when === undefined) {
    scope.report(place, 'is valid only with when: { quotaAbove: … }, which is missing', 'key');
  } else if (input.drainTo >= input.when.quotaAbove) {
    scope.report(place, `${input.drainTo}% must be below quotaAbove, which is ${input.when.quotaAbove}%`);
  }
  if (input.delete === undefined) {
    scope.report(place, 'without delete nothing is ever freed; add delete: {} or remove drainTo', 'key');
  }
}

function normaliseDelete(input: NonNullable<PolicyInput['delete']>, drains: boolean): DeleteRule {
  return { after: input.after ?? (drains ? noGrace : graceByDefault), mode: input.mode };
}

function normaliseArchive(
  scope: Scope,
  path: Path,
  input: PolicyInput['archive'],
  stores: readonly string[],
): ArchiveRule {
  if (!stores.includes(input.to)) scope.report([...path, 'to'], unknownKey('store', input.to, stores));
  const compression: Compression = input.compression ?? (input.format === 'eml-zip' ? 'deflate' : 'zstd');
  if (input.maxWait !== undefined && input.minBytes === undefined)
    scope.report([...path, 'maxWait'], 'is valid only with minBytes, which is missing', 'key');
  if (input.maxBytes !== undefined && input.maxBytes < leastArchiveBytes)
    scope.report(
      [...path, 'maxBytes'],
      `is less than ${formatBytes(leastArchiveBytes)}: each message would be an archive of its own`,
    );
  if (input.maxBytes !== undefined && input.maxBytes > maxArchiveBytes)
    scope.report(
      [...path, 'maxBytes'],
      `is more than the ${formatBytes(maxArchiveBytes)} that an archive can hold`,
    );
  const zip = input.format === 'eml-zip';
  if (compression === 'deflate' && !zip) {
    scope.report([...path, 'compression'], 'deflate is valid only with eml-zip; use zstd, gzip or none');
  }
  if (zip && (compression === 'zstd' || compression === 'gzip')) {
    scope.report([...path, 'compression'], `${compression} is not valid with eml-zip; use deflate or none`);
  }
  return {
    to: input.to,
    format: input.format,
    compression,
    ...(input.minBytes === undefined
      ? {}
      : { gather: { minBytes: input.minBytes, maxWait: input.maxWait ?? maxWaitByDefault } }),
    ...(input.maxBytes === undefined ? {} : { maxBytes: input.maxBytes }),
  };
}
