import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import { mailbox } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, policy } from '../integration/installation.ts';
import { makeS3Site, type S3Site, toCold } from '../integration/s3-site.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type Rgw, startRgw } from '../servers/rgw.ts';
import { adminClient, makeBucket } from '../store/s3/bucket.ts';
import { type S3Proxy, startS3Proxy } from './s3-proxy.ts';

/** A mail server, an S3 server, and a proxy before it that makes the faults. */
export interface S3World {
  readonly dovecot: Dovecot;
  readonly rgw: Rgw;
  readonly proxy: S3Proxy;
  readonly admin: S3Client;
  stop(): Promise<void>;
}

export async function startS3World(): Promise<S3World> {
  const [dovecot, rgw] = await Promise.all([startDovecot(), startRgw()]);
  const proxy = await startS3Proxy(rgw);
  const admin = adminClient(rgw);
  return {
    dovecot,
    rgw,
    proxy,
    admin,
    async stop() {
      admin.destroy();
      await proxy.stop();
      await Promise.all([dovecot.stop(), rgw.stop()]);
    },
  };
}

/** One mailbox, all of it old, and an installation that archives it to a bucket behind the proxy. */
export interface Case {
  readonly site: S3Site;
  readonly bucket: string;
  readonly full: Snapshot;
  now(): Promise<Snapshot>;
  /** Every message is on the server, or a sound archive in the bucket holds it. */
  assertNothingLost(): Promise<void>;
  /** Not one message has left the server. */
  assertUntouched(): Promise<void>;
  /** Without faults the next run ends the work: all is archived, sound, and gone from the server. */
  assertRecovers(): Promise<void>;
}

let count = 0;

export async function makeCase(
  t: TestContext,
  world: S3World,
  options: {
    readonly versions?: boolean;
    readonly after?: string;
    readonly store?: Readonly<Record<string, unknown>>;
    readonly meanSize?: number;
    readonly messages?: number;
  } = {},
): Promise<Case> {
  const { dovecot, rgw, proxy, admin } = world;
  count += 1;
  const user = `s3-${count}@example.com`;
  const { meanSize = 20_000, messages = 40 } = options;
  await seedUser(
    dovecot,
    user,
    mailbox({ seed: count, count: messages, ages: { from: 400, to: 900 }, flags: {}, meanSize }),
  );
  const bucket = await makeBucket(admin, { versions: options.versions === true });
  proxy.set(() => null);
  const site = await makeS3Site({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { ...toCold, delete: { after: options.after ?? '0d' } })],
    access: rgw,
    bucket,
    store: { endpoint: proxy.endpoint, requestTimeout: '2s', ...options.store },
  });
  t.after(() => site.remove());
  const now = (): Promise<Snapshot> => snapshot(dovecot, user);
  const full = await now();
  const nothingLost = async (): Promise<void> =>
    assertNothingLost(full, await now(), await site.archives(true), full.messages);
  return {
    site,
    bucket,
    full,
    now,
    assertNothingLost: nothingLost,
    async assertUntouched() {
      assert.deepEqual(await now(), full);
    },
    async assertRecovers() {
      proxy.set(() => null);
      assertExit(await site.run(['run', '--yes']), 0);
      assertExactlyGone(full, await now(), await site.archives(true), full.messages);
    },
  };
}
