import { S3ServiceException } from '@aws-sdk/client-s3';

/** The server said yes and its answer says no, or the answer ended early. */
export class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
}

/** What is known of a failed request, whatever threw it. */
export interface S3Failure {
  /** Code of S3 (`NoSuchKey`), of the system (`ECONNRESET`), or the name of the error. */
  readonly code: string;
  /** Null when no answer came. */
  readonly status: number | null;
  /** Where the bucket is, when the server said so. */
  readonly region: string | null;
  readonly message: string;
}

export function failureOf(error: unknown): S3Failure {
  if (error instanceof S3ServiceException) {
    const headers: Readonly<Record<string, string>> = error.$response?.headers ?? {};
    const named = 'Region' in error && typeof error.Region === 'string' ? error.Region : null;
    return {
      code: error.name,
      status: error.$metadata.httpStatusCode ?? null,
      region: headers['x-amz-bucket-region'] ?? named,
      message: error.message,
    };
  }
  if (!(error instanceof Error))
    return { code: 'unknown', status: null, region: null, message: String(error) };
  // A name with several addresses fails with one error for each.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const inner = first instanceof Error ? first : error;
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : inner.name;
  return { code, status: null, region: null, message: inner.message };
}

const passing = new Set([
  'BadAnswer',
  'BadDigest',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'IncompleteBody',
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TimeoutError',
  'TooManyRequestsException',
  'XAmzContentSHA256Mismatch',
]);

/** Whether the same request may succeed a moment later. */
export function isPassing(error: unknown): boolean {
  const { code, status } = failureOf(error);
  if (passing.has(code) || code.startsWith('HPE_') || code.startsWith('ERR_STREAM_')) return true;
  return status !== null && (status === 408 || status === 429 || (status >= 500 && status !== 501));
}

/** Whether S3 says that there is no such object, or no such version of it. */
export function isMissing(error: unknown): boolean {
  const { code, status } = failureOf(error);
  // A HEAD is answered without a body: the SDK names it by its status.
  return ['NoSuchKey', 'NoSuchVersion', 'NotFound'].includes(code) && status === 404;
}

/**
 * Whether a conditional create met an object (412, RFC 9110 §13.1.2; some servers answer 304), or
 * another request at work on that name (409).
 */
export function isTaken(error: unknown): boolean {
  const { status } = failureOf(error);
  return status === 412 || status === 304 || status === 409;
}

/**
 * Whether the server may have refused a PUT because it does not know If-None-Match there: it says so
 * (501), or takes the header for a wrong argument (400) or a right that is missing (403).
 */
export function mayNotKnowCondition(error: unknown): boolean {
  const { status } = failureOf(error);
  return status === 501 || status === 400 || status === 403;
}
