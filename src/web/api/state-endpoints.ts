import { z } from 'zod';
import { document, documentSchema } from '../../documents/document.ts';
import { accountQuotaSchema, quotaJson } from '../../documents/quota.ts';
import { policyJson, policyStatusSchema, statusJson, statusShape } from '../../documents/status.ts';
import { storeJson, storeStateSchema } from '../../documents/stores.ts';
import { storedPlanJson, storedPlanSchema } from '../../documents/stored-plans.ts';
import { detailsOf, measuredAt, scannedAccounts } from '../../watch/fleet.ts';
import { storesOf } from '../../watch/stores.ts';
import { statusOf } from '../../watch/status.ts';
import { accountsOf, readQuery } from '../query.ts';
import { type Endpoint, filters, listPart, noQuery } from './endpoint.ts';

const quotaQuery = z.strictObject({ account: filters.account, ...listPart });

/** The state as the daemon and the last scans know it. No call logs in to a mail server. */
export const stateEndpoints: readonly Endpoint[] = [
  {
    path: '/status',
    summary: 'What is running, what comes next, and what is held up and why.',
    mail: false,
    query: noQuery,
    answer: documentSchema('status', statusShape),
    handle: async ({ source }) => document('status', statusJson(await statusOf(source))),
  },
  {
    path: '/quota',
    summary: 'Quota and folder sizes of each account at the last scan, and when it will be full.',
    mail: false,
    query: quotaQuery,
    answer: documentSchema('quota', { accounts: z.array(accountQuotaSchema) }),
    async handle({ source, request }) {
      const { account, limit, offset } = readQuery(quotaQuery, request.query);
      const wanted = accountsOf(source.config.accounts, account) ?? source.config.accounts;
      const part = wanted.slice(offset, offset + limit);
      const scanned = await scannedAccounts({ catalog: source.catalog, config: { accounts: part } });
      const details = await detailsOf(source.catalog, scanned, source.clock.now());
      return document('quota', {
        accounts: details.map((found) => quotaJson({ ...found, foldersAt: measuredAt(found.folders) })),
      });
    },
  },
  {
    path: '/stores',
    summary: 'The stores: size, growth, free space, verification, and which database writes to them.',
    mail: false,
    query: noQuery,
    answer: documentSchema('stores', { stores: z.array(storeStateSchema) }),
    handle: async ({ source }) => document('stores', { stores: (await storesOf(source)).map(storeJson) }),
  },
  {
    path: '/plans',
    summary: 'What policies in plan mode would do to each account, as the daemon last planned it.',
    mail: false,
    query: quotaQuery,
    answer: documentSchema('stored-plans', { plans: z.array(storedPlanSchema) }),
    async handle({ source, request }) {
      const { account, limit, offset } = readQuery(quotaQuery, request.query);
      const wanted = accountsOf(source.config.accounts, account) ?? source.config.accounts;
      const plans = [];
      for (const ref of wanted.slice(offset, offset + limit))
        plans.push(...(await source.catalog.storedPlans(ref)));
      return document('stored-plans', { plans: plans.map(storedPlanJson) });
    },
  },
  {
    path: '/policies',
    summary: 'The policies: mode, schedule, next and last run.',
    mail: false,
    query: noQuery,
    answer: documentSchema('policies', { policies: z.array(policyStatusSchema) }),
    handle: async ({ source }) =>
      document('policies', { policies: (await statusOf(source)).policies.map(policyJson) }),
  },
];
