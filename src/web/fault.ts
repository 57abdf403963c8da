import { isError } from '../errors.ts';

/** A request that is answered with an error. The message is for the visitor. */
export class HttpFault extends Error {
  override readonly name = 'HttpFault';
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(statusCode: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.statusCode = statusCode;
    this.headers = headers;
  }
}

/** The answer to something thrown; `isPublic` false: the reason goes to the log only. */
export function httpFaultOf(error: unknown): { readonly fault: HttpFault; readonly isPublic: boolean } {
  if (error instanceof HttpFault) return { fault: error, isPublic: true };
  if (isError(error)) {
    if (error.code === 'usage') return { fault: new HttpFault(400, error.message), isPublic: true };
    if (error.code === 'missing') return { fault: new HttpFault(404, error.message), isPublic: true };
    // Only encrypted mail is refused here.
    if (error.code === 'refused') return { fault: new HttpFault(403, error.message), isPublic: true };
    // The mail should be there, but the store does not return it.
    if (error.code === 'verify' || error.code === 'store')
      return { fault: new HttpFault(502, error.message), isPublic: true };
  }
  const code = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (code >= 400 && code < 500) return { fault: new HttpFault(code, 'bad request'), isPublic: true };
  return { fault: new HttpFault(500, 'internal error; see the log of the daemon'), isPublic: false };
}
