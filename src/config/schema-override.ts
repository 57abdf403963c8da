import { z } from 'zod';
import { accountPatterns, duration, folderPattern, percent } from './schema-common.ts';
import { matchSchema } from './schema-match.ts';

const changing = ['when', 'match', 'folders', 'delete', 'retain'] as const;

/** What a policy does otherwise for some of its accounts. */
export const overrideSchema = z
  .strictObject({
    accounts: accountPatterns('Which of the policy’s accounts.'),
    when: z
      .strictObject({ quotaAbove: percent('In place of the policy’s.') })
      .optional()
      .describe('Another threshold, lower or higher.'),
    drainTo: percent('In place of the policy’s; goes with when.').optional(),
    match: matchSchema.optional(),
    folders: z
      .strictObject({ exclude: z.array(folderPattern).min(1).describe('Left out as well.') })
      .optional()
      .describe('Folders that the policy leaves alone here, beside those that it excludes.'),
    delete: z
      .strictObject({ after: duration('A longer grace than the policy’s.') })
      .optional()
      .describe('Delete later.'),
    retain: z
      .union([z.literal('forever'), duration('Keep archives for longer than the policy does.')])
      .optional()
      .describe('Keep archives for longer, or forever.'),
  })
  .refine((value) => value.drainTo !== undefined || changing.some((key) => value[key] !== undefined), {
    message: `changes nothing; give one of ${changing.join(', ')}`,
    params: { missing: true },
  })
  .describe(
    'What is otherwise for some accounts. Apart from the threshold it can only make this policy keep more mail, or keep it longer.',
  );

export type OverrideInput = z.output<typeof overrideSchema>;
