/**
 * `documents/`: the JSON documents that `--json` and the API answer, each with a schema and the
 * function that makes it. Shapes change only by addition; `document.ts` names and versions them.
 * May import `watch`, `work`, `ports`, `domain` and `format`.
 */
import { z } from 'zod';

/** An isoInstant as ISO 8601 in UTC. */
export const isoInstant = z.iso.datetime();
export const totalsSchema = z.strictObject({ messages: z.int().min(0), bytes: z.int().min(0) });
export const account = { server: z.string(), account: z.string() } as const;

/** A document with the name and version of its shape, as `--json` and the API answer it. */
export function document<T extends object>(name: string, body: T): T & { readonly schema: string } {
  return { schema: `mothball/${name}/v1`, ...body };
}

/** The shape of such a document. */
export function documentSchema<T extends z.ZodRawShape>(name: string, shape: T) {
  return z.strictObject({ schema: z.literal(`mothball/${name}/v1`), ...shape });
}

export function iso(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
