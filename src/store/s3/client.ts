import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import process from 'node:process';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { S3Keys, S3StoreOptions } from './options.ts';

/** Keys from files are read again after this, so that they can be replaced without a restart. */
const rereadKeysMs = 15 * 60 * 1000;

const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // The SDK logs nothing.
}

/** The client of one bucket. It tries each request once: retries are ours, since a body must be read again. */
export function s3Client(options: S3StoreOptions): S3Client {
  const { endpoint, region, caFile, connectTimeoutMs, requestTimeoutMs, credentials } = options;
  const config: S3ClientConfig = {
    forcePathStyle: options.forcePathStyle,
    maxAttempts: 1,
    // What matters is in the errors; the SDK would print warnings of its own.
    logger: silent,
    // Trailing checksums are refused by many servers, and stored as content by some.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // With agents of our own the SDK would send the header and not wait, and some proxies refuse it (417).
    expectContinueHeader: false,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: connectTimeoutMs,
      socketTimeout: requestTimeoutMs,
      logger: silent,
      ...agents(caFile),
    }),
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null && endpoint === null ? {} : { region: region ?? 'us-east-1' }),
    ...(credentials === null ? {} : { credentials: () => readKeys(credentials) }),
  };
  return new S3Client(config);
}

/** With HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment, which an agent of one's own ignores unless asked. */
function agents(caFile: string | null): { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent } {
  const common = { keepAlive: true, maxSockets: 50, proxyEnv: process.env };
  const trust = caFile === null ? {} : { ca: readFileSync(caFile) };
  return { httpAgent: new HttpAgent(common), httpsAgent: new HttpsAgent({ ...common, ...trust }) };
}

async function readKeys({ accessKeyId, secretAccessKey, sessionToken }: S3Keys) {
  return {
    accessKeyId: await accessKeyId.read(),
    secretAccessKey: await secretAccessKey.read(),
    ...(sessionToken === null ? {} : { sessionToken: await sessionToken.read() }),
    expiration: new Date(Date.now() + rereadKeysMs),
  };
}
