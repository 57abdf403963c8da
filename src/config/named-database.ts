import { resolve } from 'node:path';
import { MothballError } from '../errors.ts';
import type { DatabaseConfig } from './config.ts';
import { normaliseDatabase } from './normalise-database.ts';
import { databaseSchema } from './schema-database.ts';
import { Secret } from './secret.ts';

/**
 * The database that an argument of a command names. A password in it would be seen by everyone on the
 * machine (ps), so it is refused. @throws `usage`; no message quotes the text.
 */
export function namedDatabase(text: string, cwd: string, passwordFile: string | null): DatabaseConfig {
  const refuse = (why: string): never => {
    throw new MothballError(
      { fact: `the database that was named ${why}`, notDone: 'nothing was done' },
      { code: 'usage' },
    );
  };
  if (URL.parse(text)?.password)
    refuse('has its password in the command line, where everyone can see it; use --password-file');
  const parsed = databaseSchema.safeParse(text);
  if (!parsed.success) return refuse('must be sqlite:PATH or postgres://USER@HOST/DATABASE');
  const input = parsed.data;
  const scope = {
    resolve: (path: string) => resolve(cwd, path),
    report: (_path: unknown, message: string) => refuse(message),
    secret: () => (passwordFile === null ? null : Secret.fromFile(resolve(cwd, passwordFile))),
  };
  return normaliseDatabase(scope, input);
}
