import { z } from 'zod';
import { isLoopback } from './loopback.ts';
import { exactlyOne, passwordKeys, path, tokenKeys } from './schema-auth.ts';
import { accountPatterns, cron, name, percent } from './schema-common.ts';

/** A column, or a text with `{column}` in it. */
const column = z.string().min(1).max(200);

const columns = z
  .strictObject({
    user: column.default('user'),
    server: column.default('server'),
    passwordFile: column.default('passwordFile'),
    quota: column.default('quota'),
    hold: column.default('hold'),
    keepNewerThan: column.default('keepNewerThan'),
  })
  .describe('Which column says what; a text such as "{uid}@example.com" puts columns together.');

/** What every kind of source has. */
const common = {
  columns: columns.optional(),
  server: name('Server of the rows that name none.').optional(),
  accountPasswordFile: path
    .optional()
    .describe('Path with {user} or other columns in it, for rows without one.'),
  filter: accountPatterns('Which users are taken; default: all.').optional(),
  refresh: cron('When the daemon asks the source.').default('7 * * * *'),
  maxShrink: percent(
    'Accounts that may leave the list at once; a list that lacks more is not taken.',
  ).default(20),
};

const noPassword = Object.keys(passwordKeys);
const caFile = { caFile: path.optional() };

const httpsUrl = (schemes: readonly string[], plain: readonly string[]) =>
  z
    .string()
    .max(2048)
    .refine(
      (text) => {
        if (!URL.canParse(text)) return false;
        const { protocol, hostname, password } = new URL(text);
        if (password !== '') return false;
        return schemes.includes(protocol) || (plain.includes(protocol) && isLoopback(hostname));
      },
      `must be a URL that begins with ${schemes.join(' or ')} and holds no password; ${plain.join(', ') || 'nothing else'} only on loopback`,
    );

const file = z.strictObject({ ...common, type: z.enum(['csv', 'yaml']), path });
const directory = z.strictObject({ ...common, type: z.literal('directory'), path });

const sql = z
  .strictObject({
    ...common,
    ...passwordKeys,
    ...caFile,
    type: z.literal('sql'),
    url: z
      .string()
      .max(2048)
      .regex(
        /^(?:sqlite:.+|(?:postgres|postgresql|mysql|mariadb):\/\/[^:@]+@.+)$/,
        'must be sqlite:PATH, or postgres://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE without a password',
      ),
    query: z.string().min(1).max(10_000).describe('One SELECT; its columns are the columns of the rows.'),
  })
  .superRefine((value, context) => {
    if (!value.url.startsWith('sqlite:')) exactlyOne(noPassword)(value, context);
  });

const ldap = z
  .strictObject({
    ...common,
    ...passwordKeys,
    ...caFile,
    type: z.literal('ldap'),
    url: httpsUrl(['ldaps:', 'ldap:'], []).describe('ldaps://HOST, or ldap://HOST with startTls.'),
    startTls: z.boolean().default(false),
    bindDn: z.string().min(1).max(1000),
    base: z.string().max(1000),
    search: z.string().min(1).max(4000).default('(mail=*)').describe('Filter of RFC 4515.'),
  })
  .superRefine(exactlyOne(noPassword))
  .refine(
    ({ url, startTls }) =>
      URL.canParse(url) && (url.startsWith('ldaps:') || startTls || isLoopback(new URL(url).hostname)),
    {
      error: 'a password goes over it: needs ldaps://, or startTls: true',
      path: ['url'],
    },
  );

const http = z.strictObject({
  ...common,
  ...caFile,
  ...tokenKeys,
  type: z.literal('http'),
  url: httpsUrl(['https:'], ['http:']),
  items: z
    .string()
    .max(200)
    .default('')
    .describe('Where the list is in the answer, like "data.users"; empty: it is the answer.'),
  next: z
    .string()
    .max(200)
    .optional()
    .describe('Where the URL of the next page is in the answer; the Link header counts too.'),
});

const doveadmUrl = httpsUrl(['https:'], ['http:']).describe(
  'The doveadm HTTP API, like https://imap.example.com:8443/doveadm/v1.',
);

/** What a server has, so that quotas are read without logging in. */
export const doveadmQuotaSchema = z
  .strictObject({
    ...caFile,
    ...passwordKeys,
    url: doveadmUrl,
    ignoreRoots: z
      .array(z.string().min(1).max(1000))
      .max(50)
      .default([])
      .describe('Quota roots that Dovecot hides from IMAP.'),
  })
  .superRefine(exactlyOne(noPassword))
  .describe('Where Dovecot reports the quotas of all accounts at once, without a login to each.');

const doveadm = z
  .strictObject({
    ...common,
    ...caFile,
    ...passwordKeys,
    type: z.literal('doveadm'),
    url: doveadmUrl,
    mask: z.string().min(1).max(255).default('*').describe('Which users Dovecot lists.'),
  })
  .superRefine(exactlyOne(noPassword));

export const sourceSchema = z.discriminatedUnion('type', [file, directory, sql, ldap, http, doveadm]);
export type SourceInput = z.output<typeof sourceSchema>;
