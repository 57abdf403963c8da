import { z } from 'zod';
import { profileNames } from '../domain/profiles.ts';
import {
  command,
  envName,
  exactlyOne,
  authSchema,
  passwordKeys,
  path,
  tokenKeys,
  user,
} from './schema-auth.ts';
import { wrongWord } from './messages.ts';
import { name, seconds, byteSize } from './schema-common.ts';
import { doveadmQuotaSchema } from './schema-sources.ts';

const hostShape = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]+\]?)$/;
const certificateName = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:.]+)$/;

const tlsMode = z.enum(['implicit', 'starttls', 'none']);

/** SHA-256 of a certificate as `openssl x509 -fingerprint -sha256` prints it; colons and case do not matter. */
const certificatePin = z
  .string()
  .transform((text) =>
    text
      .replace(/^sha-?256(?: fingerprint)?[=:]/i, '')
      .replaceAll(':', '')
      .toLowerCase(),
  )
  .refine(
    (text) => /^[0-9a-f]{64}$/.test(text),
    'must be the SHA-256 of a certificate: 64 hexadecimal digits, with or without colons',
  );

const tlsSchema = z.union(
  [
    tlsMode,
    z.strictObject({
      mode: tlsMode.default('implicit'),
      servername: z
        .string()
        .regex(certificateName, 'must be the name in the certificate, without * and port')
        .optional(),
      fingerprint: z.union([certificatePin, z.array(certificatePin).min(1).max(10)]).optional(),
    }),
  ],
  {
    error: ({ input }) =>
      typeof input === 'string'
        ? wrongWord(input, tlsMode.options, [])
        : 'must be implicit, starttls, none, or a mapping with mode, servername and fingerprint',
  },
);

export const serverSchema = z.strictObject({
  host: z.string().regex(hostShape, 'must be a host name or an IP address'),
  port: z.int().min(1).max(65_535).optional(),
  tls: tlsSchema.default('implicit'),
  insecure: z.boolean().default(false),
  caFile: path.optional(),
  profile: z.enum(profileNames).optional(),
  auth: authSchema.optional(),
  quota: byteSize('Size of each mailbox, where the server itself does not report its quota.').optional(),
  doveadm: doveadmQuotaSchema.optional(),
  commandTimeout: seconds('How long one command may take.').optional(),
  connectTimeout: seconds('How long a connection may take.').optional(),
  connectAttempts: z.int().min(1).max(100).optional(),
  maxConnections: z.int().min(1).max(1000).optional(),
  maxBytesPerSecond: byteSize('Read from the server each second, at most.').optional(),
  maxBytesPerDay: byteSize(
    'Read from one account in 24 hours, at most; the account is then paused.',
  ).optional(),
  maxCommandsPerDay: z
    .int()
    .min(100)
    .describe('Commands sent to one account in 24 hours, at most; the account is then paused.')
    .optional(),
});

const ownAuth = [...Object.keys(passwordKeys), 'auth'];

export const accountSchema = z
  .strictObject({
    user: user.optional(),
    users: z.array(user).min(1).optional(),
    server: name('Name of an entry under servers.'),
    ...passwordKeys,
    auth: authSchema.optional(),
    quota: byteSize('Size of the mailbox, where the server itself does not report its quota.').optional(),
  })
  .superRefine(exactlyOne(['user', 'users']))
  .superRefine((value, context) => {
    // Without any, the server's `auth` counts.
    if (Object.keys(value).some((key) => ownAuth.includes(key))) exactlyOne(ownAuth)(value, context);
  });

export const httpAuthSchema = z
  .strictObject({
    ...tokenKeys,
    mailTokenFile: path.optional(),
    mailTokenEnv: envName.optional(),
    mailTokenCommand: command.optional(),
    restoreTokenFile: path.optional(),
    restoreTokenEnv: envName.optional(),
    restoreTokenCommand: command.optional(),
  })
  .superRefine(exactlyOne(Object.keys(tokenKeys)));

/** A token alone. */
export const tokenAuthSchema = z
  .strictObject({ ...tokenKeys })
  .superRefine(exactlyOne(Object.keys(tokenKeys)));

export type ServerInput = z.output<typeof serverSchema>;
export type AccountInput = z.output<typeof accountSchema>;
