import { databaseSchema } from './schema-database.ts';
import { z } from 'zod';
import { cron, name, byteSize } from './schema-common.ts';
import {
  auditSchema,
  daemonSchema,
  logSchema,
  onRunSchema,
  plansSchema,
  scrubSchema,
} from './schema-daemon.ts';
import { httpSchema } from './schema-http.ts';
import { reportsSchema } from './schema-reports.ts';
import { accountSchema, serverSchema } from './schema-server.ts';
import { sourceSchema } from './schema-sources.ts';
import { storeSchema } from './schema-store.ts';

const path = z.string().min(1, 'must not be empty').max(4096);

export const scanSchema = z.strictObject({
  schedule: cron('When quota is read.').default('*/15 * * * *'),
  folders: z.union([z.literal('off'), cron('When folder sizes are read.')]).default('20 4 * * *'),
});

export const metricsSchema = z.strictObject({
  accounts: z.enum(['off', 'nearFull', 'all']).optional(),
  folders: z.boolean().default(false),
});

export const spoolSchema = z.strictObject({
  path: path.optional(),
  maxBytes: byteSize('Room for spooled mail.').optional(),
});

/** Of a store's archives, and separately of its bytes, that one `expire` may remove. */
export const defaultExpirePercent = 20;

/** The keys of mothball.yaml. */
export const mainShape = z.strictObject({
  version: z.literal(1),
  servers: z.record(name('Name of a server.'), serverSchema),
  accounts: z.array(accountSchema).min(1).optional(),
  accountSources: z.record(name('Name of a source.'), sourceSchema).optional(),
  accountLists: path.optional(),
  stores: z.record(name('Name of a store.'), storeSchema).optional(),
  database: databaseSchema.optional(),
  spool: spoolSchema.optional(),
  http: httpSchema.optional(),
  policies: z.array(path).optional(),
  scan: scanSchema.optional(),
  metrics: metricsSchema.optional(),
  expire: z
    .strictObject({
      schedule: cron('When expired archives are removed.'),
      maxPercent: z.number().gt(0).max(100).default(defaultExpirePercent),
    })
    .optional(),
  scrub: scrubSchema.optional(),
  plans: plansSchema.optional(),
  audit: auditSchema.optional(),
  onRun: onRunSchema.optional(),
  reports: reportsSchema.optional(),
  daemon: daemonSchema.optional(),
  log: logSchema.optional(),
});

/** mothball.yaml */
export const mainSchema = mainShape.refine(
  ({ accounts, accountSources }) => accounts !== undefined || accountSources !== undefined,
  {
    error: 'is missing; accountSources may list them instead',
    path: ['accounts'],
  },
);

/** JSON schema (draft 7, which editors know best) of mothball.yaml. */
export function mainSchemaJson(): object {
  return z.toJSONSchema(mainSchema.meta({ title: 'Mothball configuration' }), {
    io: 'input',
    target: 'draft-7',
  });
}
