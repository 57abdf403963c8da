import { longestRoot, mostRoots, type QuotaRoot, type QuotaUse, quotaUse, storageUse } from './quota.ts';

/** One line of what `doveadm quota get -A` reports, as its JSON has it. */
export type DoveadmRow = Readonly<Record<string, unknown>>;

/**
 * What GETQUOTAROOT would have said, by user. IMAP names no resource without a limit ("-"), so such a
 * row is unknown too, and never zero. A user of whom a row can't be read is left out whole: the login says.
 */
export function quotasOfRows(
  rows: readonly DoveadmRow[],
  ignoredRoots: readonly string[],
): ReadonlyMap<string, readonly QuotaRoot[]> {
  const users = new Map<string, UserQuota>();
  for (const row of rows) {
    const { username } = row;
    if (typeof username !== 'string') continue;
    const user = users.get(username) ?? new UserQuota();
    users.set(username, user);
    user.add(row, ignoredRoots);
  }
  return new Map(
    [...users].flatMap(([name, user]) => {
      const roots = user.roots();
      return roots === null ? [] : [[name, roots] as const];
    }),
  );
}

class UserQuota {
  readonly #roots = new Map<string, Map<string, QuotaUse | null>>();
  #readable = true;

  add({ root, type, value, limit }: DoveadmRow, ignoredRoots: readonly string[]): void {
    if (typeof root !== 'string' || typeof type !== 'string') return this.#spoil();
    if (ignoredRoots.includes(root) || root.length > longestRoot) return;
    const resources = this.#roots.get(root) ?? new Map<string, QuotaUse | null>();
    if (!this.#roots.has(root) && this.#roots.size >= mostRoots) return;
    this.#roots.set(root, resources);
    const name = type.toUpperCase();
    if (name !== 'STORAGE' && name !== 'MESSAGE') return;
    const numbers = isDigits(value) && (limit === '-' || isDigits(limit));
    // Two roots of one name can't be told apart.
    if (!numbers || resources.has(name)) return this.#spoil();
    resources.set(name, limit === '-' ? null : quotaUse(countOf(value), countOf(limit)));
  }

  /** Null: something of it can't be read. */
  roots(): readonly QuotaRoot[] | null {
    if (!this.#readable) return null;
    // Dovecot names no root at all to IMAP where none of them limits anything.
    const limited = [...this.#roots.values()].some((resources) => [...resources.values()].some(Boolean));
    if (!limited) return [];
    return [...this.#roots].map(([name, resources]) => ({
      name,
      storage: storageUse(resources.get('STORAGE') ?? null),
      message: resources.get('MESSAGE') ?? null,
      folders: [],
    }));
  }

  #spoil(): void {
    this.#readable = false;
  }
}

function isDigits(value: unknown): value is string | number {
  return (typeof value === 'string' || typeof value === 'number') && /^\d{1,20}$/.test(String(value));
}

/** Null: beyond what can be counted exactly. */
function countOf(value: string | number): number | null {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : null;
}
