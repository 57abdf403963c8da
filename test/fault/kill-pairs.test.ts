/**
 * A run is killed, and the run that finishes its work is killed too. Here a few pairs of kills by
 * lot; `npm run test:fault` tries them all, also with a bucket as the store. `KINDS=local-trash,s3-trash`
 * tries those kinds only.
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { inFull } from '../full.ts';
import { keyPair } from '../integration/encrypted-site.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { startRgw } from '../servers/rgw.ts';
import { type Extent, killPairs, nameOf, type Tally } from './kill-pairs.ts';
import type { PairKind, Servers } from './kill-world.ts';

const seed = Number(process.env['SEED'] ?? 11);
let servers: Servers;

const sampled: readonly (readonly [PairKind, Extent])[] = [
  [
    { store: 'local', mode: 'expunge', mail: 'two folders' },
    { seed, first: 3, second: 2 },
  ],
  [
    { store: 'local', mode: 'trash', mail: 'one folder' },
    { seed: seed + 1, first: 1, second: 2 },
  ],
  [
    { store: 'encrypted', mode: 'expunge', mail: 'one folder' },
    { seed: seed + 2, first: 1, second: 2 },
  ],
  [
    { store: 'local', mode: 'expunge', mail: 'large' },
    { seed: seed + 3, first: 2, second: 1 },
  ],
];

const whole = { seed, first: Infinity, second: Infinity };
/** Every point once; what comes second does the same as for little mail. */
const large = { seed, first: Infinity, second: 2 };
const every: readonly (readonly [PairKind, Extent])[] = [
  [{ store: 'local', mode: 'trash', mail: 'one folder' }, whole],
  [{ store: 'encrypted', mode: 'expunge', mail: 'one folder' }, whole],
  [{ store: 'encrypted', mode: 'trash', mail: 'one folder' }, whole],
  [{ store: 's3', mode: 'expunge', mail: 'one folder' }, whole],
  [{ store: 's3', mode: 'trash', mail: 'one folder' }, whole],
  [{ store: 'local', mode: 'expunge', mail: 'two folders' }, whole],
  [{ store: 'local', mode: 'expunge', mail: 'large' }, large],
  [{ store: 'local', mode: 'trash', mail: 'large' }, large],
];
const wanted = process.env['KINDS']?.split(',');
const chosen = (inFull ? every : sampled).filter(([kind]) => wanted?.includes(nameOf(kind)) ?? true);

before(async () => {
  const keys = keyPair();
  const [dovecot, rgw] = await Promise.all([
    startDovecot(),
    chosen.some(([{ store }]) => store === 's3') ? startRgw() : undefined,
  ]);
  servers = { dovecot, keys, ...(rgw === undefined ? {} : { rgw }) };
});

after(async () => {
  await Promise.all([servers.dovecot.stop(), servers.rgw?.stop()]);
  servers.keys.remove();
});

for (const [kind, extent] of chosen) {
  const which = extent === whole ? 'each pair' : 'pairs by lot';
  test(`killed twice, at ${which} of fail points, mail (${kind.mail}) of store ${kind.store} in mode ${kind.mode} is neither lost nor doubled`, async (t) => {
    const started = Date.now();
    const told = ({ points, first, pairs, failures }: Tally): string =>
      `${nameOf(kind)}: ${pairs} pairs of kills, first kill at ${first} of ${points} fail points, ${failures.length} failed, ${Math.round((Date.now() - started) / 1_000)} s, seed ${extent.seed}`;
    const tally = await killPairs({
      servers,
      kind,
      extent,
      ...(inFull ? { progress: (so) => process.stderr.write(`${told(so)}\n`) } : {}),
    });
    t.diagnostic(told(tally));
    assert.deepEqual(tally.failures, []);
    assert.equal(tally.first, Math.min(tally.points, extent.first));
    assert.ok(tally.pairs >= tally.first);
  });
}
