import type { z } from 'zod';
import type { OnRun } from '../domain/policy.ts';
import type { onRunSchema } from './schema-daemon.ts';

/** Null: nothing is called. */
export function normaliseOnRun(input: z.output<typeof onRunSchema> | undefined): OnRun | null {
  if (input === undefined) return null;
  const { success = null, failure = null, method } = input;
  return success === null && failure === null ? null : { success, failure, method };
}
