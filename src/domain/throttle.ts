/**
 * Why a server wants an account to be left alone for a while. allowance: it used up the bytes or commands
 * that it may have · connections: too many are open · budget: our own limit for a day is reached.
 */
export const throttleKinds = ['allowance', 'connections', 'budget'] as const;
export type ThrottleKind = (typeof throttleKinds)[number];

const hourMs = 3600 * 1000;
/** The first pause and the longest: Google names one hour as usual and 24 hours as the most. */
const pauses: Readonly<Record<ThrottleKind, { readonly first: number; readonly longest: number }>> = {
  allowance: { first: hourMs, longest: 24 * hourMs },
  connections: { first: hourMs / 4, longest: 4 * hourMs },
  budget: { first: hourMs, longest: hourMs },
};

/** Commands that put mail somewhere: there OVERQUOTA says that the mailbox is full (RFC 9208 §5.1). */
const filling: ReadonlySet<string> = new Set(['APPEND', 'UID MOVE', 'CREATE', 'SUBSCRIBE']);
const exceeded =
  /exceeded (?:its |your |the )?(?:command or )?(?:bandwidth|command|download|upload|rate|data|usage) limits?/i;
const tooMany = /too many simultaneous connections/i;

/** What a refusal of a command, or the end of a connection, says about throttling; null: nothing. */
export function throttledBy(
  { code, text }: { readonly code: string | null; readonly text: string },
  command: string,
): ThrottleKind | null {
  if (tooMany.test(text)) return 'connections';
  if (exceeded.test(text) || code === 'THROTTLED') return 'allowance';
  return code === 'OVERQUOTA' && !filling.has(command) ? 'allowance' : null;
}

/** How long to leave the account alone, in milliseconds, when this is the n-th time in a row. */
export function pauseMs(kind: ThrottleKind, times: number): number {
  const { first, longest } = pauses[kind];
  return Math.min(longest, first * 2 ** Math.min(20, Math.max(0, times - 1)));
}
