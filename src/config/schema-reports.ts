import { z } from 'zod';
import { isLoopback } from './loopback.ts';
import { exactlyOne, passwordKeys, path, tokenKeys, user } from './schema-auth.ts';
import { cron, duration, timezone } from './schema-common.ts';

/** One address without a name: whatever could end a header or begin a second address is refused. */
const mailAddress = z
  .string()
  .max(254)
  .regex(
    /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/,
    'must be a mail address such as "admin@example.com"',
  );

/** Numbers of minute and hour: then it fires at most once a day. */
const daily = /^\s*\d+\s+\d+\s/;

const mailSchema = z
  .strictObject({
    to: z.array(mailAddress).min(1).max(50),
    from: mailAddress,
    host: z
      .string()
      .regex(
        /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]+\]?)$/,
        'must be a host name or an IP address',
      )
      .describe('SMTP server that takes the mail.'),
    port: z.int().min(1).max(65_535).optional(),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe('starttls is mandatory once chosen (port 587); implicit is port 465; none is port 25.'),
    insecure: z.boolean().default(false),
    caFile: path.optional(),
    user: user.optional(),
    ...passwordKeys,
  })
  .superRefine((value, context) => {
    if (value.user !== undefined) exactlyOne(Object.keys(passwordKeys))(value, context);
  });

/** A report in the clear would show the names of accounts to the network, and the token too. */
function isReportUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

const webhookSchema = z
  .strictObject({
    url: z
      .string()
      .max(2000)
      .refine(
        isReportUrl,
        'must be an https address without a user, a password and "#"; http only for this machine',
      ),
    ...tokenKeys,
    format: z
      .enum(['json', 'text', 'chat'])
      .default('json')
      .describe(
        'json is that of `report --json`; text is plain text with a Title header, for ntfy; chat is {"text": …}, for Slack, Mattermost and the like.',
      ),
  })
  .superRefine((value, context) => {
    if (Object.keys(tokenKeys).some((key) => key in value))
      exactlyOne(Object.keys(tokenKeys))(value, context);
  });

export const reportsSchema = z
  .strictObject({
    schedule: cron('When the report is sent, at most once a day.')
      .refine((text) => daily.test(text), 'names one minute and one hour: a report comes at most once a day')
      .default('0 7 * * *'),
    timezone: timezone.default('UTC'),
    fullWithin: duration('Accounts that will be full within this time are in the report.').prefault('14d'),
    mail: mailSchema.optional().describe('The report as mail, in plain text and HTML.'),
    webhook: webhookSchema
      .optional()
      .describe('The report in a POST request; a token goes into the Authorization header.'),
  })
  .describe('Reports for the admin: what is full soon, failed, freed, quarantined and expiring.');
