import { isError, MothballError } from '../../errors.ts';
import { type Fault, faultOf } from './fault.ts';
import { DeadlinePassed } from './retry.ts';

/** Where it happened, for messages. */
export interface Place {
  readonly name: string;
  readonly bucket: string;
}

/** What is wrong and what a person can do, by the code of S3 or of the system; other answers are shown as they came. */
const remedies: Readonly<Record<string, string>> = {
  AccessDenied:
    "the credentials may not do that; give them what docs/storage.md lists, in the bucket's policy too",
  AccountProblem: 'the account behind the bucket is suspended or in arrears; ask its provider',
  CERT_HAS_EXPIRED: 'the certificate of the endpoint has expired; renew it',
  CredentialsProviderError:
    'no credentials were found; set them in the environment, by a role, or by credentials: in mothball.yaml',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted; name its authority with caFile:',
  ECONNREFUSED: 'nothing listens there; check endpoint: and whether the server runs',
  ENOTFOUND: 'the name of the endpoint does not exist; check endpoint:, region: and bucket:',
  EPROTO: 'the endpoint does not speak TLS; check endpoint:',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another name; check endpoint:, or set forcePathStyle: true',
  ExpiredToken: 'the credentials have expired; renew the session token or the role',
  IllegalLocationConstraintException: 'the bucket is in another region; set region: to its region',
  InvalidAccessKeyId: 'the server does not know this access key; check the credentials',
  InvalidBucketName: 'that is no name of a bucket; check bucket:',
  InvalidObjectState:
    'it was moved to a storage class that must be restored first; restore it there, or keep lifecycle transitions off this prefix',
  InvalidToken: 'the session token is wrong; renew the credentials',
  NoSuchBucket: 'there is no such bucket; check bucket:, endpoint: and region:',
  NotImplemented: 'the server does not know this request; see docs/storage.md on S3-compatible servers',
  QuotaExceeded: 'the bucket is full; raise its quota',
  RequestExpired: 'the clock of this machine is wrong; set it',
  RequestTimeTooSkewed: 'the clock of this machine and that of the server differ; set the clock',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted; name its authority with caFile:',
  SignatureDoesNotMatch:
    'the secret key does not fit the access key, or a proxy changes requests; check the credentials',
  TokenRefreshRequired: 'the credentials have expired; renew them',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not trusted; name its authority with caFile:',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted; name its authority with caFile:',
};

/** A failure of S3 as one that says what was not done and what to do. Nothing secret is in it. */
export function s3Error(place: Place, action: string, key: string, cause: unknown): MothballError {
  if (isError(cause)) return cause;
  const fault = faultOf(cause instanceof DeadlinePassed && cause.cause !== undefined ? cause.cause : cause);
  const late = cause instanceof DeadlinePassed ? ` (${cause.message})` : '';
  const what = `store "${place.name}": bucket ${place.bucket}: could not ${action}${key === '' ? '' : ` ${JSON.stringify(key)}`}${late}`;
  return new MothballError(
    { fact: `${what}: ${saidBy(fault)}; ${remedyOf(fault)}`, ...assurance(action, key) },
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

function saidBy({ code, status, message }: Fault): string {
  const text = message === code || message === '' || message === 'UnknownError' ? '' : `: ${message}`;
  return `${status === null ? '' : `${status} `}${code}${text}`.slice(0, 500);
}

function remedyOf(fault: Fault): string {
  const { code, status, region } = fault;
  if (status === 301 || code === 'PermanentRedirect' || code === 'AuthorizationHeaderMalformed') {
    return region === null
      ? 'the bucket is in another region or behind another endpoint; set region: and endpoint:'
      : `the bucket is in region ${region}; set region: ${region}`;
  }
  const known = remedies[code];
  if (known !== undefined) return known;
  if (fault.message.includes('Region is missing')) return 'set region: to the region of the bucket';
  if (code.startsWith('KMS.') || /\bkms\b/i.test(fault.message))
    return 'the key of the encryption refused it; let the credentials use that key';
  if (status === 403) return remedies['AccessDenied'] ?? '';
  if (status === null) return 'check the network and endpoint:, then run again';
  return status >= 500 ? 'the server is in trouble; run again later' : 'see docs/storage.md';
}
