import { setTimeout as sleep } from 'node:timers/promises';
import type { Sha256 } from '../domain/brands.ts';
import { dayMs } from '../domain/dates.ts';
import type { StoreOwner } from '../format/store-owner.ts';
import type { StoreFigures } from '../ports/history.ts';
import type { Store } from '../ports/store.ts';
import type { StoreGate } from '../preflight/store-gate.ts';
import { doneNames } from './done-names.ts';
import { disabledStores, type Overview } from './status.ts';

/** Growth is what was added in this time. */
export const growthDays = 30;
/** How long a store may take to say who owns it and what is free, in milliseconds: a page waits for it. */
const patienceMs = 2_000;

/** A configured store, by the catalog and by its own word. */
export interface StoreState extends Omit<StoreFigures, 'store'> {
  readonly store: string;
  readonly kind: Store['kind'];
  /** Why it is disabled; null: it is fit for use. */
  readonly disabled: string | null;
  readonly scrubbed: Date | null;
  /** The oldest archive that was never read back. */
  readonly unverifiedId: Sha256 | null;
  /** Null: no bound, or unknown. */
  readonly freeBytes: number | null;
  /** UUID of its marker; null: no run has used it yet. */
  readonly marker: string | null;
  /** The database that writes to it; null: none yet, or it did not say so in time. */
  readonly owner: (StoreOwner & { readonly ours: boolean }) | null;
}

/** Every configured store, and those that only archives name. */
export async function storesOf(overview: Overview): Promise<readonly StoreState[]> {
  const { catalog, clock, gate, stores } = overview;
  const since = new Date(clock.now().getTime() - growthDays * dayMs);
  const figures = new Map((await catalog.storeFigures(since)).map((one) => [one.store, one]));
  const disabled = new Map((await disabledStores(overview)).map((one) => [one.store, one.reason]));
  return await Promise.all(
    [...stores.keys()].map(async (name) => {
      const known = figures.get(name) ?? { ...nothingIn, store: name };
      const reason = disabled.get(name) ?? null;
      const { unverified } = known;
      const oldest =
        unverified === 0
          ? []
          : (
              await catalog.archivePage(
                { store: name, states: ['sealed'] },
                { limit: 1, offset: unverified - 1 },
              )
            ).rows;
      return {
        ...known,
        kind: gate.find(name).kind,
        disabled: reason,
        scrubbed: await catalog.lastDone(doneNames.scrub(name)),
        unverifiedId: oldest[0]?.id ?? null,
        marker: await catalog.storeMarker(name),
        // One that is disabled may not answer at all.
        ...(reason === null ? await asked(gate, gate.find(name)) : unasked),
      };
    }),
  );
}

const unasked = { freeBytes: null, owner: null } as const;
const nothingIn = {
  archives: 0,
  messages: 0,
  bytes: 0,
  storedBytes: 0,
  grown: { archives: 0, storedBytes: 0 },
  unverified: 0,
  oldestUnverified: null,
  longestUnread: null,
  quarantined: 0,
} as const;

/** What only the store itself knows, as far as it answers in time. */
async function asked(gate: StoreGate, store: Store): Promise<Pick<StoreState, 'freeBytes' | 'owner'>> {
  using late = new DisposableStack();
  const inTime = async <T>(answer: Promise<T | null>): Promise<T | null> => {
    const stop = new AbortController();
    late.defer(() => stop.abort());
    const silence = sleep(patienceMs, null, { signal: stop.signal }).catch(() => null);
    return await Promise.race([answer.catch(() => null), silence]);
  };
  const [freeBytes, owner] = await Promise.all([
    inTime(store.freeBytes()),
    inTime(gate.ownership.owner(store)),
  ]);
  return { freeBytes, owner };
}
