import type { z } from 'zod';
import { isLoopback } from './loopback.ts';
import type { reportsSchema } from './schema-reports.ts';
import type { Scope } from './scope.ts';
import type { MailReportConfig, ReportsConfig, WebhookConfig } from './settings.ts';

type ReportsInput = z.output<typeof reportsSchema>;
type MailInput = NonNullable<ReportsInput['mail']>;

const ports = { starttls: 587, implicit: 465, none: 25 } as const;

/** Where reports go, and when. Null: nowhere. */
export function normaliseReports(scope: Scope, input: ReportsInput | undefined): ReportsConfig | null {
  if (input === undefined) return null;
  const { schedule, timezone, fullWithin, mail, webhook } = input;
  if (mail === undefined && webhook === undefined)
    scope.report(['reports'], 'needs mail, webhook or both: else nobody gets the report', 'key');
  return {
    schedule,
    timezone,
    fullWithin,
    mail: mail === undefined ? null : normaliseMail(scope, mail),
    webhook: webhook === undefined ? null : normaliseWebhook(scope, webhook),
  };
}

function normaliseMail(scope: Scope, mail: MailInput): MailReportConfig {
  const path = ['reports', 'mail'];
  const { to, from, host, tls, insecure, caFile, user } = mail;
  const password = scope.secret(path, 'password', {
    file: mail.passwordFile,
    env: mail.passwordEnv,
    command: mail.passwordCommand,
  });
  if (tls === 'none' && !isLoopback(host) && !insecure)
    scope.report(
      [...path, 'tls'],
      'tls: none sends the report, and a password, in the clear; use starttls or implicit, or add insecure: true',
    );
  if (tls !== 'none' && insecure)
    scope.report(
      [...path, 'insecure'],
      'is valid only with tls: none; to trust a private certificate authority use caFile',
      'key',
    );
  if (tls === 'none' && caFile !== undefined)
    scope.report([...path, 'caFile'], 'needs TLS: use starttls or implicit', 'key');
  if (user === undefined && password !== null)
    scope.report(path, 'a password needs user, the login name', 'key');
  return {
    to,
    from,
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: mail.port ?? ports[tls],
    tls,
    caFile: caFile === undefined ? null : scope.resolve(caFile),
    login: user === undefined || password === null ? null : { user, password },
  };
}

function normaliseWebhook(scope: Scope, webhook: NonNullable<ReportsInput['webhook']>): WebhookConfig {
  const token = scope.secret(['reports', 'webhook'], 'token', {
    file: webhook.tokenFile,
    env: webhook.tokenEnv,
    command: webhook.tokenCommand,
  });
  return { url: webhook.url, token, format: webhook.format };
}
