import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { dayMs } from '../../domain/dates.ts';
import { add } from '../../domain/duration.ts';
import { errorMessage, isError } from '../../errors.ts';
import type { Store, StoreHealth } from '../../ports/store.ts';
import { canaryDirectory } from '../../format/canary-key.ts';
import { proveCanary } from '../canary.ts';
import type { Bucket } from './bucket.ts';
import { failureOf, isPassing, mayNotKnowCondition } from './fault.ts';
import { judgeLifecycle } from './lifecycle.ts';
import { contentOf, putObject, wantedOf } from './put.ts';

type Health = { readonly [Part in keyof StoreHealth]: string[] };

/**
 * SAFETY step 1 for a bucket: what it does with a canary, and what it says of itself. `exclusive` is
 * null when the canary did not get so far.
 */
export async function checkBucket(
  bucket: Bucket,
  store: Pick<Store, 'list' | 'read' | 'stat'>,
  now: Date,
): Promise<StoreHealth & { readonly exclusive: boolean | null }> {
  const health: Health = { refusals: [], warnings: [], facts: [] };
  let exclusive: boolean | null = null;
  try {
    exclusive = await canary(bucket, store, now, health);
    await checksum(bucket, store, now, health);
    await versioning(bucket, health);
    await lifecycle(bucket, now, health);
    await objectLock(bucket, health);
  } catch (error) {
    if (!isError(error)) throw error;
    health.refusals.push(errorMessage(error));
  }
  clock(bucket, health);
  return { ...health, exclusive };
}

/** Whether the bucket refuses a second object of one name. @throws `store`. */
async function canary(
  bucket: Bucket,
  store: Pick<Store, 'list' | 'read'>,
  now: Date,
  { facts, warnings }: Health,
): Promise<boolean> {
  // The lock of a day proves as much as that of years, and lets the canary go.
  const lockUntil = bucket.options.objectLock === null ? null : new Date(Date.now() + dayMs);
  let understood = true;
  const putBytes: Store['putBytes'] = async (key, data) => {
    try {
      return await putObject(bucket, key, contentOf(data), { guard: 'ask', lockUntil });
    } catch (error) {
      if (!isError(error) || !mayNotKnowCondition(error.cause)) throw error;
      understood = false;
      return await putObject(bucket, key, contentOf(data), { guard: 'look', lockUntil });
    }
  };
  const { secondRefused } = await proveCanary(
    { list: store.list.bind(store), read: store.read.bind(store), putBytes },
    now,
  );
  facts.push('gives back what it is given: a canary was written and read');
  const exclusive = secondRefused && understood;
  if (exclusive) facts.push('refuses a second object of one name (If-None-Match)');
  else
    warnings.push(
      'does not refuse a second object of one name (If-None-Match is ignored): every archive gets a name that no other has',
    );
  return exclusive;
}

/** A body that does not fit its Content-MD5 must be refused; one that was accepted today remains as proof. */
async function checksum(
  bucket: Bucket,
  store: Pick<Store, 'stat'>,
  now: Date,
  { facts, warnings }: Health,
): Promise<void> {
  const key = `${canaryDirectory}md5-${now.toISOString().slice(0, 10)}`;
  const taken = 'does not compare uploads with their Content-MD5: damage shows only when they are read back';
  if ((await store.stat(key)) !== null) return void warnings.push(taken);
  const { md5 } = contentOf(Buffer.from('not this'));
  const wrong = { ...bucket.at(key), ...wantedOf(bucket.options), ContentMD5: md5 };
  const answer = await asked(bucket, 'try the Content-MD5 of an upload', async (abortSignal) => {
    try {
      await bucket.client.send(new PutObjectCommand({ ...wrong, Body: Buffer.from('but that') }), {
        abortSignal,
      });
      return 'taken';
    } catch (error) {
      // Elsewhere that would be worth another attempt; here it is the answer.
      const { status, code } = failureOf(error);
      if (status === 400 && (code === 'BadDigest' || !isPassing(error))) return 'refused';
      throw error;
    }
  });
  if (!answer.ok) warnings.push(`did not say whether it checks the Content-MD5 of uploads (${answer.why})`);
  else if (answer.value === 'taken') warnings.push(taken);
  else facts.push('refuses an upload that arrives damaged (Content-MD5)');
}

async function versioning(bucket: Bucket, { facts }: Health): Promise<void> {
  const answer = await asked(bucket, 'read the versioning of the bucket', (abortSignal) =>
    bucket.client.send(new GetBucketVersioningCommand({ Bucket: bucket.bucket }), { abortSignal }),
  );
  if (!answer.ok) facts.push(`did not say whether it keeps versions (${answer.why}; s3:GetBucketVersioning)`);
  else if (answer.value.Status === 'Enabled')
    facts.push('keeps versions: what somebody deletes or overwrites can be brought back');
  else facts.push('keeps no versions: what somebody else deletes there is gone');
}

async function lifecycle(bucket: Bucket, now: Date, health: Health): Promise<void> {
  const { keepFor } = bucket.options;
  const answer = await asked(bucket, 'read the lifecycle rules of the bucket', (abortSignal) =>
    bucket.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket.bucket }), {
      abortSignal,
    }),
  );
  if (!answer.ok && answer.code === 'NoSuchLifecycleConfiguration')
    return void health.facts.push('has no lifecycle rule that removes objects');
  if (answer.ok) {
    const verdict = judgeLifecycle(
      answer.value.Rules ?? [],
      bucket.options.prefix,
      keepFor === null ? null : add(now, keepFor, 'UTC').getTime() - now.getTime(),
    );
    health.warnings.push(...verdict.warnings);
    health.refusals.push(...verdict.refusals);
    if (verdict.refusals.length === 0)
      health.facts.push('has no lifecycle rule that removes archives before their time');
    return;
  }
  const unread = `its lifecycle rules can't be read (${answer.why})`;
  if (bucket.options.lifecycleChecked)
    return void health.facts.push(`${unread}; lifecycleChecked: true vouches for them`);
  health.refusals.push(
    `${unread}, and a rule may remove archives: allow s3:GetLifecycleConfiguration, or look at the rules and set lifecycleChecked: true`,
  );
}

async function objectLock(bucket: Bucket, { facts, refusals }: Health): Promise<void> {
  const { objectLock: wish } = bucket.options;
  if (wish === null) return;
  const answer = await asked(bucket, 'read the object lock of the bucket', (abortSignal) =>
    bucket.client.send(new GetObjectLockConfigurationCommand({ Bucket: bucket.bucket }), { abortSignal }),
  );
  if (answer.ok && answer.value.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled') {
    facts.push(`locks every object (${wish.mode}) for ${wish.for.count}${wish.for.unit}`);
  } else if (!answer.ok && answer.status === 403) {
    facts.push(
      'locked the canary as asked; its own settings may not be read (s3:GetBucketObjectLockConfiguration)',
    );
  } else {
    refusals.push('the bucket has no object lock: create one with it, or remove objectLock: from the store');
  }
}

/** Ages and graces are measured by our clock: a day apart, one of the two is wrong (SAFETY step 1). */
function clock({ clockAheadMs }: Bucket, { refusals, facts }: Health): void {
  if (clockAheadMs === null) return;
  const hours = Math.abs(clockAheadMs) / 3_600_000;
  if (Math.abs(clockAheadMs) <= dayMs) return void facts.push('its clock and ours agree within a day');
  refusals.push(
    `the clock of this machine is ${Math.round(hours)} hours ${clockAheadMs > 0 ? 'behind' : 'ahead of'} that of the server: set the clock`,
  );
}

type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly status: number; readonly why: string };

/** What the server says, also when it says no; @throws when it says nothing. */
async function asked<T>(
  bucket: Bucket,
  action: string,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<Answer<T>> {
  try {
    return { ok: true, value: await bucket.ask(action, '', step) };
  } catch (error) {
    const { code, status } = failureOf(isError(error) ? error.cause : error);
    if (status === null || (status >= 500 && status !== 501)) throw error;
    return { ok: false, code, status, why: `${status} ${code}` };
  }
}
