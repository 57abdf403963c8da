import { z } from 'zod';
import { seconds } from './schema-common.ts';
import { passwordKeys } from './schema-auth.ts';

const url = z.string().regex(/^postgres(?:ql)?:\/\/./, 'must be postgres://USER@HOST:PORT/DATABASE');

/** A problem never quotes the text: a URL may hold a password. */
export const databaseSchema = z.union(
  [
    z.string().regex(/^(?:sqlite:.+|postgres(?:ql)?:\/\/.+)$/, 'must be sqlite:PATH or postgres://…'),
    z.strictObject({
      url: url.describe('postgres://USER@HOST:PORT/DATABASE. A host like %2Frun%2Fpostgresql is a socket.'),
      ...passwordKeys,
      caFile: z.string().min(1).max(4096).optional().describe('PEM to trust in place of the system.'),
      insecure: z.boolean().default(false).describe('Lets the connection to another machine go unencrypted.'),
      poolSize: z.int().min(2).max(1000).default(10).describe('Connections of one process, at most.'),
      statementTimeout: seconds('How long one statement may take. Default: 60s.').optional(),
    }),
  ],
  { error: 'must be sqlite:PATH, postgres://…, or an object with `url`' },
);

export type DatabaseInput = z.infer<typeof databaseSchema>;
