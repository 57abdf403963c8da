import assert from 'node:assert/strict';
import test from 'node:test';
import { uid, uidValidity } from '../../src/domain/brands.ts';
import { alice, bob, day } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

/** Notices to the owners of accounts. */
export function noticeContract(name: string, make: MakeCatalog): void {
  const notice = (id: string, at: number, account = alice) => ({
    ...account,
    id,
    policy: 'old',
    at: day(at),
    folder: 'INBOX',
  });

  test(`${name}: an account has one notice in its time, whatever became of it`, async (t) => {
    const catalog = await make(t);
    assert.equal(await catalog.beginNotice(notice('a', 1), day(-6)), true);
    assert.equal(await catalog.beginNotice(notice('b', 5), day(-2)), false);
    assert.equal(await catalog.beginNotice(notice('c', 5, bob), day(-2)), true);
    await catalog.settleNotice('a', { state: 'refused', detail: 'full' });
    assert.equal(await catalog.beginNotice(notice('d', 7), day(0)), false);
    assert.equal(await catalog.beginNotice(notice('e', 8), day(1)), true);
    await catalog.settleNotice('e', { state: 'sent', uidValidity: uidValidity(9), uid: uid(4) });
    const open = { uidValidity: null, uid: null, detail: null };
    assert.deepEqual(await catalog.notices(alice), [
      { ...notice('e', 8), state: 'sent', uidValidity: uidValidity(9), uid: uid(4), detail: null },
      { ...notice('a', 1), ...open, state: 'refused', detail: 'full' },
    ]);
    assert.deepEqual(await catalog.notices(bob), [{ ...notice('c', 5, bob), ...open, state: 'sending' }]);
  });

  test(`${name}: a clock that was set back sends no second notice; old ones are forgotten`, async (t) => {
    const catalog = await make(t);
    assert.equal(await catalog.beginNotice(notice('a', 20), day(13)), true);
    assert.equal(await catalog.beginNotice(notice('b', 2), day(-5)), false);
    assert.equal(await catalog.beginNotice(notice('c', 20 + 731), day(800 - 69)), true);
    assert.deepEqual(
      (await catalog.notices(alice)).map(({ id }) => id),
      ['c'],
    );
  });
}
