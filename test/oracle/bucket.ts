import { createHash, createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Archive, readArchives, readSoundArchives } from './archives.ts';

/** What the oracle needs to look into a bucket, past every proxy. */
export interface BucketAccess {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface BucketRequest {
  readonly method?: 'GET' | 'PUT' | 'DELETE' | 'HEAD';
  /** `bucket` or `bucket/key`, characters that need no encoding only. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** One request, signed by hand with AWS Signature Version 4. @throws on any answer but 2xx. */
export async function bucketRequest(access: BucketAccess, request: BucketRequest): Promise<Buffer> {
  const { method = 'GET', path, query = {}, body } = request;
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const url = new URL(`/${path}`, access.endpoint);
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  url.search = pairs.toSorted().join('&');
  const hash = createHash('sha256')
    .update(body ?? '')
    .digest('hex');
  const headers = { host: url.host, 'x-amz-content-sha256': hash, 'x-amz-date': time };
  const signed = Object.keys(headers).join(';');
  const canonical = [method, url.pathname, url.search.slice(1)]
    .concat(Object.entries(headers).map(([name, value]) => `${name}:${value}`))
    .concat('', signed, hash)
    .join('\n');
  const scope = [time.slice(0, 8), 'us-east-1', 's3', 'aws4_request'];
  const digest = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), digest].join('\n');
  const key = scope.reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${access.secretAccessKey}`,
  );
  const signature = createHmac('sha256', key).update(text).digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${access.accessKeyId}/${scope.join('/')}, SignedHeaders=${signed}, Signature=${signature}`;
  const answer = await fetch(url, {
    method,
    headers: { ...headers, authorization },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  });
  const data = Buffer.from(await answer.arrayBuffer());
  if (answer.ok) return data;
  throw new Error(`${method} ${url.pathname}: ${answer.status} ${data.toString().slice(0, 300)}`);
}

/** Keys of a bucket, in order. */
export async function listBucket(access: BucketAccess, bucket: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (;;) {
    const query = { 'list-type': '2', 'start-after': keys.at(-1) ?? '' };
    const page = (await bucketRequest(access, { path: bucket, query })).toString();
    for (const [, key = ''] of page.matchAll(/<Key>([^<]*)<\/Key>/g)) keys.push(key);
    if (!page.includes('<IsTruncated>true')) return keys;
  }
}

/** The archives under a prefix of a bucket, copied to disk and read there. */
export async function bucketArchives(
  access: BucketAccess,
  bucket: string,
  options: {
    readonly prefix?: string;
    readonly sound?: boolean;
    readonly identity?: string | null;
  } = {},
): Promise<readonly Archive[]> {
  const { prefix = '', sound = false, identity = null } = options;
  const directory = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    for (const key of await listBucket(access, bucket)) {
      if (!key.startsWith(prefix)) continue;
      const path = join(directory, key.slice(prefix.length));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, await bucketRequest(access, { path: `${bucket}/${key}` }));
    }
    return sound ? readSoundArchives(directory, identity) : readArchives(directory, identity);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
