/**
 * A run is killed, and the run that finishes its work is killed too. Here a few pairs of kills by
 * lot; `npm run test:fault` tries them all, also with a bucket as the store.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { inFull } from '../full.ts';
import { keyPair } from '../integration/encrypted-site.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { startRgw } from '../servers/rgw.ts';
import { type Extent, killPairs, type PairKind } from './kill-pairs.ts';
import type { Servers } from './kill-world.ts';

const seed = Number(process.env['SEED'] ?? 11);
let servers: Servers;

before(async () => {
  const keys = keyPair();
  const [dovecot, rgw] = await Promise.all([startDovecot(), inFull ? startRgw() : undefined]);
  servers = { dovecot, keys, ...(rgw === undefined ? {} : { rgw }) };
});

after(async () => {
  await Promise.all([servers.dovecot.stop(), servers.rgw?.stop()]);
  servers.keys.remove();
});

const sampled: readonly (readonly [PairKind, Extent])[] = [
  [
    { store: 'local', mode: 'expunge', folders: 2 },
    { seed, first: 3, second: 2 },
  ],
  [
    { store: 'local', mode: 'trash', folders: 1 },
    { seed: seed + 1, first: 1, second: 2 },
  ],
  [
    { store: 'encrypted', mode: 'expunge', folders: 1 },
    { seed: seed + 2, first: 1, second: 2 },
  ],
];

const every: readonly (readonly [PairKind, Extent])[] = [
  [{ store: 'local', mode: 'trash', folders: 1 }, 'all'],
  [{ store: 'encrypted', mode: 'expunge', folders: 1 }, 'all'],
  [{ store: 'encrypted', mode: 'trash', folders: 1 }, 'all'],
  [{ store: 's3', mode: 'expunge', folders: 1 }, 'all'],
  [{ store: 's3', mode: 'trash', folders: 1 }, 'all'],
  [{ store: 'local', mode: 'expunge', folders: 2 }, 'all'],
];

for (const [kind, extent] of inFull ? every : sampled) {
  const which = extent === 'all' ? 'each pair' : 'pairs by lot';
  test(`killed twice, at ${which} of fail points, mail of store ${kind.store} in mode ${kind.mode} is neither lost nor doubled`, async (t) => {
    const started = Date.now();
    const { points, pairs } = await killPairs(servers, kind, extent);
    assert.ok(pairs >= (extent === 'all' ? points : extent.first));
    const seconds = Math.round((Date.now() - started) / 1_000);
    t.diagnostic(`${pairs} pairs of kills over ${points} fail points in ${seconds} s, seed ${seed}`);
  });
}
