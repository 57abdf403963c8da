import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { Random } from '../corpus/random.ts';
import { describe } from '../integration/installation.ts';
import {
  assertFinished,
  assertSafe,
  hitsOf,
  type KillWorld,
  killWorld,
  type PairKind,
  type Servers,
  where,
} from './kill-world.ts';

/** For so many first kills so many second ones, by lot; Infinity: each, in an order by lot. */
export interface Extent {
  readonly seed: number;
  readonly first: number;
  readonly second: number;
}

export interface Tally {
  /** Fail points of an uninterrupted run. */
  readonly points: number;
  /** First kills that were tried. */
  first: number;
  pairs: number;
  /** What went wrong, each with its first kill. A first kill that failed ends its pairs, not the others. */
  readonly failures: string[];
}

export interface Course {
  readonly servers: Servers;
  readonly kind: PairKind;
  readonly extent: Extent;
  /** Told after each first kill. */
  readonly progress?: (tally: Tally) => void;
}

/**
 * Kills a run at fail point k, then the run that finishes it at its fail point j, then lets a third
 * one end. After each kill nothing may be lost; at the end all is as after one uninterrupted run.
 */
export async function killPairs({ servers, kind, extent, progress }: Course): Promise<Tally> {
  const name = nameOf(kind);
  const { points, left } = await uninterrupted(servers, `whole-${name}@example.com`, kind);
  const numbers = Array.from({ length: points }, (_, index) => index + 1);
  const rest = sample(numbers, extent.first, new Random(extent.seed));
  const tally: Tally = { points, first: 0, pairs: 0, failures: [] };
  const worker = async (): Promise<void> => {
    for (let k = rest.shift(); k !== undefined; k = rest.shift()) {
      const world = await killWorld(servers, `pair-${name}-${k}@example.com`, kind);
      try {
        await secondKills({ world, k, left, tally }, extent);
      } catch (error) {
        tally.failures.push(`first kill at ${k}: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        await world.remove();
      }
      tally.first += 1;
      progress?.(tally);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return tally;
}

export const nameOf = ({ store, mode, mail }: PairKind): string =>
  mail === 'large' ? `${store}-${mode}-large` : `${store}-${mode}`;

async function uninterrupted(servers: Servers, user: string, kind: PairKind) {
  const world = await killWorld(servers, user, kind);
  try {
    const hits = await hitsOf(world);
    assert.ok(hits.length >= 9, `only ${hits.length} fail points`);
    const overlap = hits.indexOf('after intent') < hits.lastIndexOf('after fetch');
    assert.equal(overlap, kind.mail === 'large', 'whether mail is deleted before all is read');
    return { points: hits.length, left: where(await world.now()) };
  } finally {
    await world.remove();
  }
}

interface First {
  readonly world: KillWorld;
  readonly k: number;
  readonly left: readonly string[];
  readonly tally: Tally;
}

/** Kills at k, and from there at each j of what the next run does. */
async function secondKills({ world, k, left, tally }: First, extent: Extent): Promise<void> {
  await killAt(world, k, `first kill, at ${k}`);
  await world.save();
  const hits = await hitsOf(world);
  await assertFinished(world, left, `after a kill at ${k}`);
  const numbers = hits.map((_, index) => index + 1);
  const seconds = sample(numbers, extent.second, new Random(extent.seed * 1_000 + k));
  for (const j of seconds) {
    const pair = `after kills at ${k} and at ${j} (${hits[j - 1] ?? ''})`;
    await world.back();
    await killAt(world, j, pair);
    const ended = await world.site.run(['run', '--yes']);
    assert.equal(ended.code, 0, `${pair}: ${describe(ended)}`);
    await assertFinished(world, left, pair);
    tally.pairs += 1;
  }
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
