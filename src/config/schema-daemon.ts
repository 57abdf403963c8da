import { z } from 'zod';
import { isLoopback } from './loopback.ts';
import { cron, duration, seconds, byteSize } from './schema-common.ts';

/** A ping in the clear would show its secret path to the network. */
const pingUrl = z
  .string()
  .max(2000)
  .refine(isPingUrl, 'must be an https address; http only for this machine');

function isPingUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

/** How old archives are read again. */
export const scrubSchema = z.strictObject({
  schedule: z.union([z.literal('off'), cron('When archives are read again.')]).default('40 3 * * *'),
  every: duration('How long after its last reading an archive is read again.').prefault('90d'),
  maxBytes: byteSize('What one scrub reads at most.').prefault('20GiB'),
});

/** When the daemon plans what policies in plan mode would do. */
export const plansSchema = z.strictObject({
  schedule: z
    .union([z.literal('off'), cron('When policies in plan mode are planned, for the page.')])
    .default('10 1 * * *'),
});

export const daemonSchema = z.strictObject({
  grace: seconds('How long a stopped daemon waits for its work.').prefault('25s'),
  jitter: seconds('Schedules fire at random up to so much later.').prefault('10s'),
});

export const auditSchema = z.strictObject({
  keep: duration('How long the records of searches, views, exports and removals are kept.').prefault('2y'),
});

/** Where a success or a failure is reported, for services that watch for missing pings. */
export const onRunSchema = z
  .strictObject({
    success: pingUrl.describe('Called when everything went well.').optional(),
    failure: pingUrl.describe('Called when an account failed or a limit stopped it.').optional(),
    method: z
      .enum(['GET', 'POST'])
      .default('POST')
      .describe('GET sends nothing; POST sends a short JSON body.'),
  })
  .describe('Web addresses that are called when a run ended; POST sends a short JSON body.');

export const logSchema = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});
