import { errorMessage, isError, MothballError } from '../../errors.ts';

/** SQLSTATE classes and codes (PostgreSQL, appendix A) that say: no statement can be done here now. */
const awayCodes = /^(?:08...|57P0[1-5]|53300|25006|25P03|XX001|58...)$/;
/** Another transaction was in the way: the whole transaction may be done again. */
const againCodes = /^(?:40001|40P01|23505|55P03)$/;
/** What Node and pg say of a connection that is gone. */
const lostCodes = new Set(
  'ECONNREFUSED ECONNRESET EPIPE ENOENT ETIMEDOUT EHOSTUNREACH ENETUNREACH EAI_AGAIN ENOTFOUND EADDRNOTAVAIL'.split(
    ' ',
  ),
);
const lostTexts =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|connection is closed|Client has encountered a connection error|not queryable/i;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The server is not there, or is not (any longer) the one that writes: another try may reach it. */
export function isAway(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isAway);
  const code = codeOf(error);
  return awayCodes.test(code) || lostCodes.has(code) || lostTexts.test(errorMessage(error));
}

/** The transaction gave way to another one. */
export function gaveWay(error: unknown): boolean {
  return againCodes.test(codeOf(error));
}

/** A failure of the database, in words that say what to do next. `name` holds no secret. */
export function postgresError(name: string, error: unknown): MothballError {
  if (isError(error)) return error;
  const code = codeOf(error);
  // The text of a failed connection to several addresses is empty.
  const text =
    error instanceof AggregateError ? error.errors.map(errorMessage).join(', ') : errorMessage(error);
  const fact = `the database ${name} failed: ${text}${code === '' ? '' : ` (${code})`}`;
  if (isAway(error))
    return new MothballError(
      {
        fact,
        notDone: 'nothing more is recorded or deleted until it answers',
        remedy: 'Check that PostgreSQL runs and can be reached, then run again',
      },
      { code: 'database', retryable: true, cause: error },
    );
  return new MothballError(
    { fact, notDone: 'nothing was recorded', ...remedyOf(code) },
    { code: 'database', retryable: gaveWay(error), cause: error },
  );
}

function remedyOf(code: string): { readonly remedy?: string } {
  if (code.startsWith('28')) return { remedy: 'Check user and password in `database:`' };
  if (code === '3D000') return { remedy: 'Create the database, or correct `database:`' };
  if (code === '42501')
    return {
      remedy: 'Make the user of `database:` the owner of the database, or grant it CREATE on its schema',
    };
  if (code === '53100') return { remedy: 'Free space on the disk of PostgreSQL, then run again' };
  if (code === '57014') return { remedy: 'Raise `database: { statementTimeout }`, or try again' };
  return {};
}
