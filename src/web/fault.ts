import { isError } from '../errors.ts';

/** A request that is answered with an error. The message is for whoever asked. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(statusCode: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.statusCode = statusCode;
    this.headers = headers;
  }
}

/** What to answer to something thrown; `told` false: the reason is for the log alone. */
export function faultOf(error: unknown): { readonly fault: Fault; readonly told: boolean } {
  if (error instanceof Fault) return { fault: error, told: true };
  if (isError(error)) {
    if (error.code === 'usage') return { fault: new Fault(400, error.message), told: true };
    if (error.code === 'missing') return { fault: new Fault(404, error.message), told: true };
    // Of what is asked for here, only encrypted mail is refused.
    if (error.code === 'refused') return { fault: new Fault(403, error.message), told: true };
    // The mail is there or should be; the store does not give it back.
    if (error.code === 'verify' || error.code === 'store')
      return { fault: new Fault(502, error.message), told: true };
  }
  const code = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (code >= 400 && code < 500) return { fault: new Fault(code, 'bad request'), told: true };
  return { fault: new Fault(500, 'internal error; the log of the daemon says more'), told: false };
}
