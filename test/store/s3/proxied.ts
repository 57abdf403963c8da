import { after, before } from 'node:test';
import type { S3Client } from '@aws-sdk/client-s3';
import { type S3Proxy, startS3Proxy } from '../../fault/s3-proxy.ts';
import { type Rgw, startRgw } from '../../servers/rgw.ts';
import { adminClient } from './bucket.ts';

/** A Ceph RGW, a proxy before it that can tell lies, and a client past the proxy. */
export interface ProxiedRgw {
  readonly rgw: Rgw;
  readonly proxy: S3Proxy;
  readonly admin: S3Client;
}

/** One for all tests of a file; it is there once they run. */
export function proxiedRgw(): () => ProxiedRgw {
  let started: ProxiedRgw | null = null;
  before(async () => {
    const rgw = await startRgw();
    started = { rgw, proxy: await startS3Proxy(rgw), admin: adminClient(rgw) };
  });
  after(async () => {
    started?.admin.destroy();
    await started?.proxy.stop();
    await started?.rgw.stop();
  });
  return () => {
    if (started === null) throw new Error('the servers are not started yet');
    return started;
  };
}
