import { z } from 'zod';
import { name, seconds, byteSize } from './schema-common.ts';

/** Names of hosts and logins go into commands and logs: one line of printable text. */
const printable = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,255}$/u;
const hostShape = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]+\]?)$/;

const path = z.string().min(1, 'must not be empty').max(4096);
const envName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');
const command = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
    error: 'must be a command, or a list of a program and its words',
  })
  .describe('Prints the secret on its first line; a list runs without a shell.');

/** Exactly one of these keys names where a secret comes from. */
export const passwordKeys = {
  passwordFile: path.optional(),
  passwordEnv: envName.optional(),
  passwordCommand: command.optional(),
};
const tokenKeys = {
  tokenFile: path.optional(),
  tokenEnv: envName.optional(),
  tokenCommand: command.optional(),
};

/** A check that exactly one of the keys is there. */
export function exactlyOne(keys: readonly string[]) {
  return (value: object, context: z.RefinementCtx): void => {
    const given = Object.entries(value).filter(([key, part]) => keys.includes(key) && part !== undefined);
    if (given.length === 1) return;
    const found = given.length === 0 ? 'found none' : `found ${given.map(([key]) => key).join(' and ')}`;
    context.addIssue({ code: 'custom', message: `needs exactly one of ${keys.join(', ')}; ${found}` });
  };
}

export const serverSchema = z.strictObject({
  host: z.string().regex(hostShape, 'must be a host name or an IP address'),
  port: z.int().min(1).max(65_535).optional(),
  tls: z.enum(['implicit', 'starttls', 'none']).default('implicit'),
  insecure: z.boolean().default(false),
  caFile: path.optional(),
  commandTimeout: seconds('How long one command may take.').optional(),
  connectTimeout: seconds('How long a connection may take.').optional(),
  connectAttempts: z.int().min(1).max(100).default(3),
  maxConnections: z.int().min(1).max(1000).default(4),
  maxBytesPerSecond: byteSize('Mail read from the server each second, at most.').optional(),
});

const user = z.string().regex(printable, 'must be one line of printable text');

const authSchema = z.discriminatedUnion('type', [
  z
    .strictObject({ type: z.literal('password'), ...passwordKeys })
    .superRefine(exactlyOne(Object.keys(passwordKeys))),
  z
    .strictObject({
      type: z.literal('master'),
      user,
      style: z.enum(['separator', 'authzid']).default('separator'),
      separator: z.string().min(1).max(8).default('*'),
      ...passwordKeys,
    })
    .superRefine(exactlyOne(Object.keys(passwordKeys))),
  z.strictObject({ type: z.literal('oauth2'), ...tokenKeys }).superRefine(exactlyOne(Object.keys(tokenKeys))),
]);

export const accountSchema = z
  .strictObject({
    user: user.optional(),
    users: z.array(user).min(1).optional(),
    server: name('Name of an entry under servers.'),
    ...passwordKeys,
    auth: authSchema.optional(),
  })
  .superRefine(exactlyOne(['user', 'users']))
  .superRefine(exactlyOne([...Object.keys(passwordKeys), 'auth']));

export const httpAuthSchema = z
  .strictObject({
    ...tokenKeys,
    mailTokenFile: path.optional(),
    mailTokenEnv: envName.optional(),
    mailTokenCommand: command.optional(),
  })
  .superRefine(exactlyOne(Object.keys(tokenKeys)));

/** A token alone. */
export const tokenAuthSchema = z
  .strictObject({ ...tokenKeys })
  .superRefine(exactlyOne(Object.keys(tokenKeys)));

export type ServerInput = z.output<typeof serverSchema>;
export type AccountInput = z.output<typeof accountSchema>;
export type AuthInput = z.output<typeof authSchema>;
