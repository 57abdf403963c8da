import { sql } from 'kysely';
import type { Catalog } from '../../ports/catalog.ts';
import type { Held, Permit } from '../../ports/locks.ts';
import { catalogOf } from '../catalog.ts';
import type { Db } from '../rows.ts';
import { words } from '../words-of.ts';
import { PostgresDb } from './database.ts';
import type { Connections } from './dialect.ts';

/** A lease, as far as several of them can be proved together. */
export interface ProvenLease extends Permit {
  readonly name: string;
  readonly token: string;
  readonly lost: AbortSignal;
  /** It was found that it is gone. @throws `database`, always */
  lose(): never;
}

/** A catalog whose transactions commit before anyone takes one of the leases over, or not at all. */
export function fencedCatalog(connections: Connections, leases: readonly ProvenLease[]): Catalog {
  const db = new PostgresDb(connections, (trx) => requireLeases(trx, leases));
  return catalogOf(db, async () => undefined);
}

/** Several leases as one. */
export function heldTogether(connections: Connections, leases: readonly ProvenLease[]): Held {
  return {
    fenced: fencedCatalog(connections, leases),
    lost: AbortSignal.any(leases.map(({ lost }) => lost)),
    async prove() {
      for (const lease of leases) await lease.prove();
    },
    require() {
      for (const lease of leases) lease.require();
    },
  };
}

async function requireLeases(trx: Db, leases: readonly ProvenLease[]): Promise<void> {
  const names = leases.map(({ name }) => name);
  const { rows } = await sql<{ name: string; token: string }>`SELECT name, token FROM leases
    WHERE ${words(trx).textIn('name', names)} FOR KEY SHARE`.execute(trx);
  const tokens = new Map(rows.map(({ name, token }) => [name, token]));
  for (const lease of leases) if (tokens.get(lease.name) !== lease.token) lease.lose();
}
