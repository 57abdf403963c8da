import { isError } from '../errors.ts';
import type { LockedWork } from '../work/locked-work.ts';

/** Whether a message has a flag that is not one of the system's. */
export function hasKeyword({ info }: { readonly info: { readonly flags: readonly string[] } }): boolean {
  return info.flags.some((flag) => !flag.startsWith('\\'));
}

/**
 * Which keywords the folder takes, by PERMANENTFLAGS (RFC 9051 §7.1), which only SELECT answers. What it
 * does not take is left out before the first APPEND; where it does not say, the answer to APPEND does.
 */
export async function keywordsOf(work: LockedWork, path: string): Promise<(keyword: string) => boolean> {
  const session = await work.connection.session();
  let permanent: readonly string[] | undefined;
  try {
    ({ permanentFlags: permanent } = await session.select(path));
  } catch (error) {
    if (!isError(error, 'protocol', 'unsupported')) throw error;
  }
  if (permanent === undefined || permanent.includes('\\*')) return () => true;
  const known = new Set(permanent.map((flag) => flag.toLowerCase()));
  return (keyword) => known.has(keyword.toLowerCase());
}

/** The flags that are put with a message, and those of the system among them. `takes` null: not known. */
export function appendable(
  flags: readonly string[],
  takes: ((keyword: string) => boolean) | null,
): { readonly flags: readonly string[]; readonly system: readonly string[] } {
  const settable = flags.filter((flag) => flag !== '\\recent');
  return {
    flags: settable.filter((flag) => flag.startsWith('\\') || takes === null || takes(flag)),
    system: settable.filter((flag) => flag.startsWith('\\')),
  };
}
