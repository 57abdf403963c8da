import assert from 'node:assert/strict';
import { Random } from '../corpus/random.ts';
import { describe } from '../integration/installation.ts';
import {
  assertFinished,
  assertSafe,
  type DeleteMode,
  hitsOf,
  type KillWorld,
  killWorld,
  type Servers,
  type StoreKind,
  where,
} from './kill-world.ts';

export interface PairKind {
  readonly store: StoreKind;
  readonly mode: DeleteMode;
  readonly folders: 1 | 2;
}

/** How many of the pairs are tried: all of them, or for so many first kills so many second ones. */
export type Extent = 'all' | { readonly seed: number; readonly first: number; readonly second: number };

export interface Tally {
  /** Fail points of an uninterrupted run. */
  readonly points: number;
  pairs: number;
}

/**
 * Kills a run at fail point k, then the run that finishes it at its fail point j, then lets a third
 * one end. After each kill nothing may be lost; at the end all is as after one uninterrupted run.
 */
export async function killPairs(servers: Servers, kind: PairKind, extent: Extent): Promise<Tally> {
  const name = `${kind.store}-${kind.mode}`;
  const { points, left } = await uninterrupted(servers, `whole-${name}@example.com`, kind);
  const numbers = Array.from({ length: points }, (_, index) => index + 1);
  const rest = extent === 'all' ? numbers : sample(numbers, extent.first, new Random(extent.seed));
  const tally: Tally = { points, pairs: 0 };
  const worker = async (): Promise<void> => {
    for (let k = rest.shift(); k !== undefined; k = rest.shift()) {
      const world = await killWorld(servers, `pair-${name}-${k}@example.com`, kind);
      try {
        tally.pairs += await secondKills({ world, k, left }, extent);
      } finally {
        await world.remove();
      }
    }
  };
  await Promise.all([worker(), worker()]);
  return tally;
}

async function uninterrupted(servers: Servers, user: string, kind: PairKind) {
  const world = await killWorld(servers, user, kind);
  try {
    const hits = await hitsOf(world);
    assert.ok(hits.length >= 9, `only ${hits.length} fail points`);
    return { points: hits.length, left: where(await world.now()) };
  } finally {
    await world.remove();
  }
}

interface First {
  readonly world: KillWorld;
  readonly k: number;
  readonly left: readonly string[];
}

/** Kills at k, and from there at each j of what the next run does. Returns how many pairs that were. */
async function secondKills({ world, k, left }: First, extent: Extent): Promise<number> {
  await killAt(world, k, `first kill, at ${k}`);
  await world.save();
  const hits = await hitsOf(world);
  await assertFinished(world, left, `after a kill at ${k}`);
  const numbers = hits.map((_, index) => index + 1);
  const seconds =
    extent === 'all' ? numbers : sample(numbers, extent.second, new Random(extent.seed * 1_000 + k));
  for (const j of seconds) {
    const pair = `after kills at ${k} and at ${j} (${hits[j - 1] ?? ''})`;
    await world.back();
    await killAt(world, j, pair);
    const ended = await world.site.run(['run', '--yes']);
    assert.equal(ended.code, 0, `${pair}: ${describe(ended)}`);
    await assertFinished(world, left, pair);
  }
  return seconds.length;
}

async function killAt(world: KillWorld, point: number, what: string): Promise<void> {
  const killed = await world.site.runProcess(['run', '--yes'], {
    env: { MOTHBALL_FAILPOINT: String(point) },
  });
  assert.equal(killed.signal, 'SIGKILL', `${what}: ${describe(killed)}`);
  await assertSafe(world);
}

/** So many of them, each at most once, always the same for the same seed. */
function sample(all: readonly number[], count: number, random: Random): number[] {
  const left = [...all];
  const taken: number[] = [];
  while (taken.length < count && left.length > 0)
    taken.push(...left.splice(random.whole(0, left.length - 1), 1));
  return taken;
}
