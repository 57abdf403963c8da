import { isError, MothballError } from '../../errors.ts';
import { type S3Failure, failureOf } from './fault.ts';
import { DeadlinePassed } from './retry.ts';

/** Where it happened, for messages. */
export interface Place {
  readonly name: string;
  readonly bucket: string;
}

interface Known {
  /** Absent where the answer itself says enough. */
  readonly why?: string;
  readonly remedy: string;
}

const accessDenied: Known = {
  why: 'the credentials may not do that',
  remedy: "Give them what docs/storage.md lists, in the bucket's policy too",
};

/** What is wrong and what a person can do, by the code of S3 or of the system; other answers are shown as they came. */
const remedies: Readonly<Record<string, Known>> = {
  AccessDenied: accessDenied,
  AccountProblem: {
    why: 'the account behind the bucket is suspended or in arrears',
    remedy: 'Ask its provider',
  },
  CERT_HAS_EXPIRED: { why: 'the certificate of the endpoint has expired', remedy: 'Renew it' },
  CredentialsProviderError: {
    why: 'no credentials were found',
    remedy: 'Set them in the environment, by a role, or by credentials: in mothball.yaml',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    why: 'its certificate is not trusted',
    remedy: 'Name its authority with caFile:',
  },
  ECONNREFUSED: { why: 'nothing listens there', remedy: 'Check endpoint: and whether the server runs' },
  ENOTFOUND: {
    why: 'the name of the endpoint does not exist',
    remedy: 'Check endpoint:, region: and bucket:',
  },
  EPROTO: { why: 'the endpoint does not speak TLS', remedy: 'Check endpoint:' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    why: 'its certificate is for another name',
    remedy: 'Check endpoint:, or set forcePathStyle: true',
  },
  ExpiredToken: { why: 'the credentials have expired', remedy: 'Renew the session token or the role' },
  IllegalLocationConstraintException: {
    why: 'the bucket is in another region',
    remedy: 'Set region: to its region',
  },
  InvalidAccessKeyId: { why: 'the server does not know this access key', remedy: 'Check the credentials' },
  InvalidBucketName: { why: 'that is not a valid bucket name', remedy: 'Check bucket:' },
  InvalidObjectState: {
    why: 'it was moved to a storage class that must be restored first',
    remedy: 'Restore it there, or keep lifecycle transitions off this prefix',
  },
  InvalidToken: { why: 'the session token is wrong', remedy: 'Renew the credentials' },
  NoSuchBucket: { why: 'there is no such bucket', remedy: 'Check bucket:, endpoint: and region:' },
  NotImplemented: {
    why: 'the server does not know this request',
    remedy: 'See docs/storage.md on S3-compatible servers',
  },
  QuotaExceeded: { why: 'the bucket is full', remedy: 'Raise its quota' },
  RequestExpired: { why: 'the clock of this machine is wrong', remedy: 'Set it' },
  RequestTimeTooSkewed: {
    why: 'the clock of this machine and that of the server differ',
    remedy: 'Set the clock',
  },
  SELF_SIGNED_CERT_IN_CHAIN: {
    why: 'its certificate is not trusted',
    remedy: 'Name its authority with caFile:',
  },
  SignatureDoesNotMatch: {
    why: 'the secret key does not fit the access key, or a proxy changes requests',
    remedy: 'Check the credentials',
  },
  TokenRefreshRequired: { why: 'the credentials have expired', remedy: 'Renew them' },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    why: 'its certificate is not trusted',
    remedy: 'Name its authority with caFile:',
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    why: 'its certificate is not trusted',
    remedy: 'Name its authority with caFile:',
  },
};

/** A failure of S3 as one that says what was not done and what to do. Nothing secret is in it. */
export function s3Error(place: Place, action: string, key: string, cause: unknown): MothballError {
  if (isError(cause)) return cause;
  const fault = failureOf(cause instanceof DeadlinePassed && cause.cause !== undefined ? cause.cause : cause);
  const late = cause instanceof DeadlinePassed ? ` (${cause.message})` : '';
  const what = `store "${place.name}": bucket ${place.bucket}: could not ${action}${key === '' ? '' : ` ${JSON.stringify(key)}`}${late}`;
  const { why, remedy } = knownOf(fault);
  const fact = `${what}: ${saidBy(fault)}${why === undefined ? '' : `; ${why}`}`;
  return new MothballError(
    { fact, ...assurance(action, key), remedy },
    { code: 'store', retryable: fault.status === null || fault.status >= 500, cause },
  );
}

/** A store knows only what it was asked for: a receipt is about mail that is gone, and a removal may be done in part. */
function assurance(action: string, key: string): { readonly notDone?: string } {
  const archiving = (action === 'read' || action === 'write') && !key.includes('.receipts/');
  return archiving ? { notDone: 'no mail is deleted based on it' } : {};
}

export function missingError(place: Place, key: string, cause: unknown): MothballError {
  return new MothballError(
    { fact: `store "${place.name}": bucket ${place.bucket}: ${JSON.stringify(key)} is not there` },
    { code: 'missing', cause },
  );
}

export function existsError(place: Place, key: string, cause: unknown): MothballError {
  return new MothballError(
    {
      fact: `store "${place.name}": bucket ${place.bucket}: ${JSON.stringify(key)} exists already and is never overwritten`,
    },
    { code: 'exists', cause },
  );
}

function saidBy({ code, status, message }: S3Failure): string {
  const text = message === code || message === '' || message === 'UnknownError' ? '' : `: ${message}`;
  return `${status === null ? '' : `${status} `}${code}${text}`.slice(0, 500);
}

function knownOf(fault: S3Failure): Known {
  const { code, status, region } = fault;
  if (status === 301 || code === 'PermanentRedirect' || code === 'AuthorizationHeaderMalformed') {
    return region === null
      ? {
          why: 'the bucket is in another region or behind another endpoint',
          remedy: 'Set region: and endpoint:',
        }
      : { why: `the bucket is in region ${region}`, remedy: `Set region: ${region}` };
  }
  const known = remedies[code];
  if (known !== undefined) return known;
  if (fault.message.includes('Region is missing'))
    return { remedy: 'Set region: to the region of the bucket' };
  if (code.startsWith('KMS.') || /\bkms\b/i.test(fault.message))
    return { why: 'the key of the encryption refused it', remedy: 'Let the credentials use that key' };
  if (status === 403) return accessDenied;
  if (status === null) return { remedy: 'Check the network and endpoint:, then run again' };
  return status >= 500
    ? { why: 'the server is in trouble', remedy: 'Run again later' }
    : { remedy: 'See docs/storage.md' };
}
