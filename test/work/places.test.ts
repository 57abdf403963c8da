import assert from 'node:assert/strict';
import test from 'node:test';
import { unshared } from '../../src/catalog/locks.ts';
import { budgeted } from '../../src/compose-replicas.ts';
import type { Lock } from '../../src/ports/locks.ts';
import { isError } from '../../src/errors.ts';
import { accountWorld } from './account-world.ts';

test('a connection ends when another process was given its place', async (t) => {
  const world = await accountWorld(t);
  const taken = new AbortController();
  let given = 0;
  const place: Lock = {
    ...unshared,
    lost: taken.signal,
    async [Symbol.asyncDispose]() {
      given += 1;
    },
  };
  const where = { host: 'db', port: 5432, user: 'mothball', database: 'mothball' };
  const database = {
    type: 'postgres',
    ...where,
    password: null,
    tls: null,
    poolSize: 1,
    statementTimeoutMs: 1000,
  } as const;
  const mail = budgeted(
    world.mail,
    { ...world.locks, connection: async () => place },
    { servers: new Map(), database },
    world.stop.signal,
  );
  const session = await mail.open(world.account);
  assert.ok((await session.folders()).length > 0);
  taken.abort(new Error('taken over'));
  await assert.rejects(
    async () => {
      for (;;) await session.folders();
    },
    (error) => isError(error, 'connect'),
  );
  await session[Symbol.asyncDispose]();
  assert.equal(given, 1);
});
