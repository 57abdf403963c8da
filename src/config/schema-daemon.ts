import { z } from 'zod';
import { cron, duration, seconds, byteSize } from './schema-common.ts';

/** How old archives are read again. */
export const scrubSchema = z.strictObject({
  schedule: z.union([z.literal('off'), cron('When archives are read again.')]).default('40 3 * * *'),
  every: duration('How long after its last reading an archive is read again.').prefault('90d'),
  maxBytes: byteSize('What one scrub reads at most.').prefault('20GiB'),
});

export const daemonSchema = z.strictObject({
  grace: seconds('How long a stopped daemon waits for its work.').prefault('25s'),
  jitter: seconds('Schedules fire at random up to so much later.').prefault('10s'),
});

export const logSchema = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});
