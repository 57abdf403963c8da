import { z } from 'zod';
import { isLoopback } from './loopback.ts';

/** Names of hosts and logins go into commands and logs: one line of printable text. */
const printable = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,255}$/u;

export const path = z.string().min(1, 'must not be empty').max(4096);
export const envName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');
export const command = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
    error: 'must be a command, or a list of a program and its words',
  })
  .describe('Prints the secret on its first line; a list runs without a shell.');

export const user = z.string().regex(printable, 'must be one line of printable text');

/** Exactly one of these keys names where a secret comes from. */
export const passwordKeys = {
  passwordFile: path.optional(),
  passwordEnv: envName.optional(),
  passwordCommand: command.optional(),
};
export const tokenKeys = {
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

/** A token request carries secrets: HTTPS, except on this very machine. */
const secureUrl = z
  .string()
  .max(2048)
  .superRefine((text, context) => {
    const fault = urlFault(text);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  });

function urlFault(text: string): string | null {
  if (!URL.canParse(text)) return 'must be a URL such as "https://login.example.com/token"';
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
    return 'must begin with https://; http:// is possible only on loopback';
  if (username !== '' || password !== '') return 'must hold no user and no password';
  return hash === '' ? null : 'must have no "#"';
}

/** A word without blanks that goes into a URL or a form. */
const word = z.string().regex(/^[\x21-\x7e]{1,255}$/, 'must be one word of printable ASCII');
const tenant = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
    'must be a tenant ID or a domain of the tenant, such as "contoso.onmicrosoft.com"',
  );
const scope = z.string().regex(/^[\x20-\x7e]{1,1000}$/, 'must be names of scopes with blanks between them');

/** What a built-in sign-in needs, in place of a token. */
export const grantKeys = {
  grant: z.enum(['clientCredentials', 'refreshToken', 'serviceAccount']).optional(),
  provider: z.enum(['microsoft', 'google']).optional(),
  tenant: tenant.optional(),
  authority: secureUrl.optional(),
  issuer: secureUrl.optional(),
  tokenUrl: secureUrl.optional(),
  deviceUrl: secureUrl.optional(),
  authorizeUrl: secureUrl.optional(),
  clientId: word.optional(),
  clientSecretFile: path.optional(),
  clientSecretEnv: envName.optional(),
  clientSecretCommand: command.optional(),
  clientCertificateFile: path.optional(),
  clientKeyFile: path.optional(),
  clientAuth: z.enum(['basic', 'post']).optional(),
  refreshTokenFile: path.optional(),
  refreshTokenCommand: command.optional(),
  saveRefreshTokenCommand: command.optional(),
  serviceAccountFile: path.optional(),
  scope: scope.optional(),
};

const oauth2Schema = z
  .strictObject({ type: z.literal('oauth2'), login: user.optional(), ...tokenKeys, ...grantKeys })
  .superRefine(exactlyOne([...Object.keys(tokenKeys), 'grant']));

export const authSchema = z.discriminatedUnion('type', [
  z
    .strictObject({ type: z.literal('password'), login: user.optional(), ...passwordKeys })
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
  oauth2Schema,
]);

export type AuthInput = z.output<typeof authSchema>;
export type OAuthInput = z.output<typeof oauth2Schema>;
