import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { S3Access } from '../servers/rgw.ts';

/** The headers with a signature (AWS Signature Version 4) that fits a changed request. */
export function signAnew(
  access: S3Access,
  method: string,
  target: string,
  headers: IncomingHttpHeaders,
): IncomingHttpHeaders {
  const url = new URL(target, access.endpoint);
  const date = String(headers['x-amz-date']);
  const body = String(headers['x-amz-content-sha256']);
  const signed = 'host;x-amz-content-sha256;x-amz-date';
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted()
    .join('&');
  const lines = [`host:${headers.host}`, `x-amz-content-sha256:${body}`, `x-amz-date:${date}`];
  const canonical = [method, url.pathname, query, ...lines, '', signed, body].join('\n');
  const scope = [date.slice(0, 8), 'us-east-1', 's3', 'aws4_request'];
  const digest = createHash('sha256').update(canonical).digest('hex');
  let key: Buffer | string = `AWS4${access.secretAccessKey}`;
  for (const part of scope) key = createHmac('sha256', key).update(part).digest();
  const signature = createHmac('sha256', key)
    .update(['AWS4-HMAC-SHA256', date, scope.join('/'), digest].join('\n'))
    .digest('hex');
  const credential = `${access.accessKeyId}/${scope.join('/')}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`,
  };
}
