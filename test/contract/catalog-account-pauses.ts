import assert from 'node:assert/strict';
import test from 'node:test';
import { alice, bob, day } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

/** Accounts that their server wants to be left alone, and what they used. */
export function accountPauseContract(name: string, make: MakeCatalog): void {
  const pause = {
    ...alice,
    kind: 'allowance',
    words: 'Account exceeded "limits"',
    since: day(1),
    times: 1,
    until: day(2),
  } as const;

  test(`${name}: a paused account is remembered until it is forgotten, each account by itself`, async (t) => {
    const catalog = await make(t);
    assert.equal(await catalog.accountPause(alice), null);
    await catalog.pauseAccount(pause);
    await catalog.pauseAccount({ ...pause, ...bob, kind: 'budget' });
    const again = { ...pause, kind: 'connections', times: 2, until: day(3) } as const;
    await catalog.pauseAccount(again);
    assert.deepEqual(await catalog.accountPause(alice), again);
    assert.equal((await catalog.accountPauses()).length, 2);
    await catalog.forgetPause(alice);
    assert.deepEqual(
      (await catalog.accountPauses()).map(({ kind }) => kind),
      ['budget'],
    );
  });

  test(`${name}: what an account used is added up by the hour, and forgotten after two days`, async (t) => {
    const catalog = await make(t);
    const at = (hours: number): Date => new Date(Date.UTC(2024, 0, 1, 12) + hours * 3_600_000);
    await catalog.addTraffic(alice, { bytes: 10, commands: 1 }, at(0));
    await catalog.addTraffic(alice, { bytes: 5, commands: 2 }, at(0.9));
    await catalog.addTraffic(alice, { bytes: 7, commands: 3 }, at(30));
    await catalog.addTraffic(bob, { bytes: 99, commands: 9 }, at(30));
    assert.deepEqual(await catalog.traffic(alice, at(0)), [
      { at: at(0), bytes: 15, commands: 3 },
      { at: at(30), bytes: 7, commands: 3 },
    ]);
    assert.deepEqual(await catalog.traffic(alice, at(6)), [{ at: at(30), bytes: 7, commands: 3 }]);
    await catalog.addTraffic(alice, { bytes: 1, commands: 1 }, at(60));
    assert.equal((await catalog.traffic(alice, at(0))).length, 2);
  });
}
