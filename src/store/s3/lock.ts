import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { MothballError } from '../../errors.ts';
import type { ObjectLock } from '../../ports/store.ts';
import type { Bucket } from './bucket.ts';

/** Servers keep whole seconds, and clocks differ. */
const toleranceMs = 5 * 60 * 1000;

/** What keeps an object from being removed; null: nothing does. @throws `missing`, `store`. */
export async function lockOf(bucket: Bucket, key: string): Promise<ObjectLock | null> {
  const head = await bucket.ask('read the lock of', key, (abortSignal) =>
    bucket.client.send(new HeadObjectCommand(bucket.at(key)), { abortSignal }),
  );
  if (head.ObjectLockLegalHoldStatus === 'ON') return { mode: 'legal hold', until: null };
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = head;
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') return null;
  if (until !== undefined && until.getTime() <= Date.now()) return null;
  return { mode, until: until ?? null };
}

/** @throws `store` when the bucket dropped or shortened the lock it was given. */
export async function requireLock(
  bucket: Bucket,
  key: string,
  version: string | null,
  until: Date,
): Promise<void> {
  const head = await bucket.ask('read the lock of', key, (abortSignal) =>
    bucket.client.send(
      new HeadObjectCommand({ ...bucket.at(key), ...(version === null ? {} : { VersionId: version }) }),
      { abortSignal },
    ),
  );
  const wanted = bucket.options.objectLock?.mode;
  const found = head.ObjectLockRetainUntilDate?.getTime() ?? 0;
  if (head.ObjectLockMode === wanted && found + toleranceMs >= until.getTime()) return;
  throw new MothballError(
    {
      fact: `store "${bucket.name}": bucket ${bucket.bucket} did not lock ${JSON.stringify(key)} as asked (${wanted} until ${until.toISOString()})`,
      notDone: 'no mail is deleted based on it',
      remedy: 'Create the bucket with object lock, or remove objectLock: from the store',
    },
    { code: 'store' },
  );
}
