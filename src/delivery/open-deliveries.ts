/**
 * `delivery/`: takes reports to the admin, behind `ports/delivery.ts`: `smtp.ts` as mail, `webhook.ts` as
 * JSON over HTTPS.
 * May import `nodemailer`, which only this room knows, `ports`, `domain`, `errors.ts`, and types of `config`.
 */
import type { ReportsConfig } from '../config/settings.ts';
import type { Delivery } from '../ports/delivery.ts';
import { mailDelivery } from './smtp.ts';
import { webhookDelivery } from './webhook.ts';

/** Every way that the configuration names. Nothing is connected or read yet. */
export function openDeliveries(reports: ReportsConfig | null): readonly Delivery[] {
  if (reports === null) return [];
  const { mail, webhook } = reports;
  return [
    ...(mail === null ? [] : [mailDelivery(mail)]),
    ...(webhook === null ? [] : [webhookDelivery(webhook)]),
  ];
}
