import { accountKey, type AccountRef } from '../domain/account.ts';
import { countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import { errorMessage } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { QuotaSource } from '../ports/quota-source.ts';
import { isCatchable } from '../work/isolate.ts';

/** How long an answer counts: jobs of a large round begin late, in milliseconds. */
const answerAgeMs = 5 * 60 * 1000;
/** Accounts that a line names. */
const mostNamed = 10;

/** An account, as its server and the configuration know it. */
export interface QuotaAccount extends AccountRef {
  /** The name that it logs in with. */
  readonly user: string;
  /** mothball.yaml says how large it is, where its server doesn't. */
  readonly limitConfigured: boolean;
}

export interface ListedQuotasParts {
  /** By server. */
  readonly sources: ReadonlyMap<string, QuotaSource>;
  readonly accounts: readonly QuotaAccount[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Says once what the ordinary login has to do instead, and why. */
  readonly note: (line: string) => void;
}

/** What a server reported of one account. */
export interface ListedQuota {
  readonly roots: readonly QuotaRoot[];
  readonly at: Date;
}

interface Answer {
  readonly at: Date;
  /** By account. */
  readonly quotas: ReadonlyMap<string, readonly QuotaRoot[]>;
}

/** Quotas of all accounts of a server from one request, in place of a login to each. */
export class ListedQuotas {
  readonly #parts: ListedQuotasParts;
  readonly #accounts: ReadonlyMap<string, readonly QuotaAccount[]>;
  /** What was said of each server last: the same is not said with every scan. */
  readonly #said = new Map<string, string>();

  constructor(parts: ListedQuotasParts) {
    this.#parts = parts;
    this.#accounts = Map.groupBy(parts.accounts, ({ server }) => server);
  }

  /** A round over these accounts, which asks each of their servers once. */
  begin(accounts: readonly AccountRef[]): QuotaRound {
    return new QuotaRound(this.#parts.clock, new Set(accounts.map(accountKey)), (server, wanted) =>
      this.#ask(server, wanted),
    );
  }

  /** Null: the server can't be asked, or failed. @throws what no level may catch */
  async #ask(server: string, wanted: ReadonlySet<string>): Promise<Answer | null> {
    const { sources, clock, signal } = this.#parts;
    const source = sources.get(server);
    if (source === undefined) return null;
    let listed: ReadonlyMap<string, readonly QuotaRoot[]>;
    try {
      listed = await source.quotas(signal);
    } catch (error) {
      if (!isCatchable(error)) throw error;
      this.#say(
        server,
        `its quotas can't be read from doveadm (${errorMessage(error)}); accounts are read by logging in`,
      );
      return null;
    }
    const quotas = new Map<string, readonly QuotaRoot[]>();
    const unlisted: string[] = [];
    for (const account of this.#accounts.get(server) ?? []) {
      const roots = usable(listed.get(account.user), account);
      if (roots !== null) quotas.set(accountKey(account), roots);
      else if (wanted.has(accountKey(account))) unlisted.push(account.account);
    }
    this.#say(server, unlisted.length === 0 ? null : unlistedText(unlisted));
    return { at: clock.now(), quotas };
  }

  #say(server: string, text: string | null): void {
    if (text === null) return void this.#said.delete(server);
    if (this.#said.get(server) === text) return;
    this.#said.set(server, text);
    this.#parts.note(`server "${server}": ${text}`);
  }
}

/** Each server is asked once, when the first of its accounts is. */
export class QuotaRound {
  readonly #clock: Clock;
  readonly #wanted: ReadonlySet<string>;
  readonly #ask: (server: string, wanted: ReadonlySet<string>) => Promise<Answer | null>;
  readonly #answers = new Map<string, { readonly asked: Date; readonly answer: Promise<Answer | null> }>();

  constructor(
    clock: Clock,
    wanted: ReadonlySet<string>,
    ask: (server: string, wanted: ReadonlySet<string>) => Promise<Answer | null>,
  ) {
    this.#clock = clock;
    this.#wanted = wanted;
    this.#ask = ask;
  }

  /** Null: the account has to be read by logging in. */
  async of(account: AccountRef): Promise<ListedQuota | null> {
    const answer = await this.#answerOf(account.server);
    const roots = answer?.quotas.get(accountKey(account));
    return answer === null || roots === undefined ? null : { roots, at: answer.at };
  }

  #answerOf(server: string): Promise<Answer | null> {
    const kept = this.#answers.get(server);
    const now = this.#clock.now();
    const age = kept === undefined ? Number.POSITIVE_INFINITY : now.getTime() - kept.asked.getTime();
    if (kept !== undefined && age >= 0 && age < answerAgeMs) return kept.answer;
    const answer = this.#ask(server, this.#wanted);
    this.#answers.set(server, { asked: now, answer });
    return answer;
  }
}

/** A limit of mothball.yaml counts where the server names none; what is used is then summed over IMAP. */
function usable(
  roots: readonly QuotaRoot[] | undefined,
  { limitConfigured }: QuotaAccount,
): readonly QuotaRoot[] | null {
  if (roots === undefined) return null;
  const limited = roots.some(({ storage }) => storage !== null && storage.limit !== null);
  return limitConfigured && !limited ? null : roots;
}

function unlistedText(names: readonly string[]): string {
  const more = names.length > mostNamed ? [`${names.length - mostNamed} more`] : [];
  const shown = [...names.slice(0, mostNamed).map(printable), ...more].join(', ');
  return `doveadm reports no usable quota of ${countOf(names.length, 'account')}, read by logging in: ${shown}`;
}
