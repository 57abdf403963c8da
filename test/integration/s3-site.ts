import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Archive } from '../oracle/archives.ts';
import { bucketArchives } from '../oracle/bucket.ts';
import type { S3Access } from '../servers/rgw.ts';
import { makeSite, type Site, type SiteWish } from './installation.ts';

export interface S3SiteWish extends SiteWish {
  /** Where the oracle looks. */
  readonly access: S3Access;
  readonly bucket: string;
  /** Changes to the entry `cold` under `stores`, say the endpoint of a proxy. */
  readonly store?: Readonly<Record<string, unknown>>;
}

export interface S3Site extends Omit<Site, 'archives' | 'archiveDir'> {
  /** Archives in the bucket, as the oracle reads them. */
  archives(sound?: boolean): Promise<readonly Archive[]>;
  /** Writes mothball.yaml anew with another entry `cold`. */
  configureStore(store: Readonly<Record<string, unknown>>): Promise<void>;
}

export const prefix = 'prod/';

/** An installation whose only store `cold` is a bucket. */
export async function makeS3Site(wish: S3SiteWish): Promise<S3Site> {
  const { access, bucket } = wish;
  const stores = (changes: Readonly<Record<string, unknown>>) => ({
    stores: {
      cold: {
        type: 's3',
        bucket,
        prefix,
        endpoint: access.endpoint,
        forcePathStyle: true,
        credentials: { accessKeyIdFile: 'key-id', secretAccessKeyFile: 'secret-key' },
        maxAttempts: 5,
        ...changes,
      },
    },
  });
  const site = await makeSite({ ...wish, extra: { ...wish.extra, ...stores(wish.store ?? {}) } });
  await writeFile(join(site.dir, 'key-id'), access.accessKeyId, { mode: 0o600 });
  await writeFile(join(site.dir, 'secret-key'), access.secretAccessKey, { mode: 0o600 });
  return {
    ...site,
    archives: (sound = false) => bucketArchives(access, bucket, { prefix, sound }),
    configureStore: (changes) => site.configure({ extra: { ...wish.extra, ...stores(changes) } }),
  };
}

/** `archive` of a policy that goes there. */
export const toCold = { archive: { to: 'cold' } };
