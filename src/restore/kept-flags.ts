import { isError } from '../errors.ts';
import type { LockedWork } from '../work/locked-work.ts';
import type { Outgoing } from './compare.ts';

/** In place of a keyword: messages come without the labels of Gmail that their archive has. */
export const gmailLabels = 'labels of Gmail';

/** A flag or keyword that a folder's server does not keep. */
export interface LostFlag {
  readonly folder: string;
  readonly flag: string;
  readonly messages: number;
}

/** What PERMANENTFLAGS names for a folder (RFC 9051 §7.1); null: everything may be kept. */
export async function lastingFlags(
  { connection }: Pick<LockedWork, 'connection'>,
  path: string,
): Promise<readonly string[] | null> {
  try {
    return (await (await connection.session()).select(path)).permanentFlags ?? null;
  } catch (error) {
    // Read-only for this command: APPEND decides.
    if (isError(error, 'unsupported', 'protocol')) return null;
    throw error;
  }
}

/** Leaves out the keywords that a server would forget or refuse, and counts them. */
export class KeptFlags {
  readonly #lasting: ReadonlySet<string> | null;
  readonly #lost = new Map<string, number>();

  constructor(lasting: readonly string[] | null) {
    const names = new Set(lasting?.map((flag) => flag.toLowerCase()));
    this.#lasting = lasting === null || names.has('\\*') ? null : names;
  }

  of<M extends Outgoing>(message: M): M {
    const lasting = this.#lasting;
    if (lasting === null) return message;
    const kept = (flag: string): boolean => flag.startsWith('\\') || lasting.has(flag.toLowerCase());
    const { flags } = message.info;
    const without = flags.filter((flag) => !kept(flag));
    if (without.length === 0) return message;
    for (const flag of without) this.#lost.set(flag, (this.#lost.get(flag) ?? 0) + 1);
    return { ...message, info: { ...message.info, flags: flags.filter(kept) } };
  }

  lost(folder: string): readonly LostFlag[] {
    return [...this.#lost].map(([flag, messages]) => ({ folder, flag, messages }));
  }
}
