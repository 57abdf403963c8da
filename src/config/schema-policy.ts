import { z } from 'zod';
import type { Patterns } from '../domain/policy.ts';
import {
  accountPatterns,
  cron,
  duration,
  folderPattern,
  name,
  percent,
  byteSize,
  timezone,
} from './schema-common.ts';
import { onRunSchema } from './schema-daemon.ts';
import { matchSchema } from './schema-match.ts';
import { overrideSchema } from './schema-override.ts';

const namespaces = z
  .array(z.enum(['personal', 'shared', 'other']))
  .min(1)
  .default(['personal'])
  .describe('Which namespaces are looked at. Shared folders belong to their owner’s policies.');

const foldersSchema = z
  .union([
    z.array(folderPattern).min(1),
    z.strictObject({
      include: z.array(folderPattern).min(1).default(['**']),
      exclude: z.array(folderPattern).default([]),
      namespaces,
    }),
  ])
  .transform((value): Patterns & { readonly namespaces: readonly ('personal' | 'shared' | 'other')[] } =>
    Array.isArray(value) ? { include: value, exclude: [], namespaces: ['personal'] } : value,
  )
  .describe('Which folders; default: all personal ones.');

const archiveSchema = z
  .strictObject({
    to: name('Name of a store in mothball.yaml.'),
    format: z
      .enum(['mbox', 'eml-zip', 'maildir-tar'])
      .default('mbox')
      .describe('How messages are kept: one mbox file, .eml files in a zip, or a Maildir in a tar.'),
    compression: z
      .enum(['zstd', 'gzip', 'deflate', 'none'])
      .optional()
      .describe('zstd is the default; an eml-zip takes deflate, its default, or none.'),
    minBytes: byteSize(
      'Let the selection of a folder wait until it reaches this size. Drains ignore it.',
    ).optional(),
    maxWait: duration('… or until its oldest message has waited this long; default 30d.').optional(),
    maxBytes: byteSize(
      'Mail in one archive; a larger message gets its own. Larger archives need more memory and spool, but are fewer objects. Default 64MiB, at most 256MiB.',
    ).optional(),
  })
  .describe('Where the mail goes. It is verified there before anything is deleted.');

const deleteSchema = z
  .strictObject({
    after: duration(
      'Grace between the verified archive and the deletion; default 7d, in a drain 0d.',
      'zero allowed',
    ).optional(),
    mode: z.enum(['expunge', 'trash']).default('expunge').describe('Delete for good, or move to Trash.'),
  })
  .describe('Delete from the server what is archived and verified. Leave it out to archive only.');

const limitsSchema = z
  .strictObject({
    maxMessages: z.int().min(1).default(50_000).describe('Messages in one run.'),
    maxBytes: byteSize('Size of the messages in one run; default 20GiB.').optional(),
    maxPercent: z
      .number()
      .gt(0)
      .max(100)
      .default(90)
      .describe('Percentage of the messages, and separately of the bytes, in the policy’s folders.'),
  })
  .describe('A run that would go over a limit does nothing and exits with 5.');

const orderSchema = z
  .strictObject({
    by: z.enum(['oldest', 'largest']).default('oldest').describe('Which messages leave first.'),
    folders: z
      .array(folderPattern)
      .default([])
      .describe('Folders by priority; mail in the first ones leaves first.'),
  })
  .describe('The order in which a drain takes messages.');

const notifySchema = z
  .strictObject({
    account: z.boolean().describe('Put a notice into the INBOX of each account, by IMAP.'),
    template: z
      .string()
      .min(1)
      .max(4096)
      .describe('File with its text in UTF-8, with placeholders such as {{messages}}; see docs/notices.md.')
      .optional(),
    subject: z
      .string()
      .regex(/^\P{Cc}{1,200}$/u, 'must be one line of at most 200 characters')
      .describe('Its subject, with the same placeholders.')
      .optional(),
    from: z
      .string()
      .max(400)
      .describe('Who it comes from; default: the postmaster of the account’s domain.')
      .meta({ examples: ['Mail team <postmaster@example.com>'] })
      .optional(),
    every: duration('An account gets at most one notice in this time; default 7d.').optional(),
    nearFull: percent(
      'From which usage on the notice says that the mailbox is nearly full; default 90%.',
    ).optional(),
  })
  .describe('Notify the owner of an account of what was archived, and when the mailbox is nearly full.');

const indexSchema = z
  .strictObject({
    text: z.boolean().default(false).describe('The text of messages and the names of attachments.'),
  })
  .describe('What search finds beside the headers. Not for encrypted stores: the index is not encrypted.');

export const policyEntrySchema = z
  .strictObject({
    name: name('Unique over all files; archives carry it.'),
    mode: z.enum(['plan', 'enforce']).default('plan').describe('plan only reports; enforce acts.'),
    schedule: cron('Five-field cron expression; without it the policy runs only by hand.').optional(),
    timezone: timezone.default('UTC'),
    accounts: accountPatterns('Which accounts; default: all.').optional(),
    folders: foldersSchema.optional(),
    match: matchSchema,
    when: z
      .strictObject({ quotaAbove: percent('Act on a quota root whose usage is above this.') })
      .optional()
      .describe('Act only where this holds.'),
    drainTo: percent('Stop at the message that brings usage down to this.').optional(),
    order: orderSchema.optional(),
    archive: archiveSchema,
    delete: deleteSchema.optional(),
    limits: limitsSchema.optional(),
    recheck: z
      .enum(['meta', 'body'])
      .default('meta')
      .describe('Before deleting, compare metadata, or read and hash the whole message again.'),
    trustBodyOverSize: z
      .boolean()
      .default(false)
      .describe('Delete although the server reported a wrong size, after two equal reads.'),
    restoredKeep: duration('How long restored messages are left alone; default 30d.').optional(),
    retain: duration('How long archives are kept; only expire removes them. Default: forever.').optional(),
    overrides: z.array(overrideSchema).min(1).optional().describe('What is otherwise for some accounts.'),
    index: indexSchema.optional(),
    notify: notifySchema.optional(),
    onRun: onRunSchema.optional(),
  })
  .describe('Which mail leaves, when, and where to.');

export const holdSchema = z
  .strictObject({
    name: name('Unique over all files.'),
    accounts: accountPatterns('Which accounts; default: all.').optional(),
    match: matchSchema.optional(),
  })
  .describe('Mail that nothing may delete. Without match: everything of the accounts.');

export const policyFileSchema = z
  .strictObject({
    version: z.literal(1).describe('Version of the file format.'),
    policies: z.array(policyEntrySchema).default([]).describe('Retention policies.'),
    holds: z.array(holdSchema).default([]).describe('Legal holds: held mail may be archived, never deleted.'),
  })
  .meta({ title: 'Mothball policies' });

export type PolicyInput = z.output<typeof policyEntrySchema>;
export type HoldInput = z.output<typeof holdSchema>;

/** JSON schema (draft 7, which editors know best) of policy files. */
export function policySchemaJson(): object {
  return z.toJSONSchema(policyFileSchema, { io: 'input', target: 'draft-7' });
}
