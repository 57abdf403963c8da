import assert from 'node:assert/strict';
import test from 'node:test';
import { isDue, latestSlot, type Slots } from '../../src/domain/schedule-due.ts';

const at = (text: string): Date => new Date(`2026-03-${text}:00Z`);

/** Fires at one minute of one hour in UTC, each day; counts how often it is asked. */
function daily(hour: number, minute: number): Slots & { asked: number } {
  const slots = {
    asked: 0,
    minutes: new Set([minute]),
    matches(when: Date): boolean {
      slots.asked += 1;
      return when.getUTCHours() === hour && when.getUTCMinutes() === minute;
    },
  };
  return slots;
}

test('the latest slot is the newest one up to now, after the moment given', () => {
  const table: readonly (readonly [after: string, now: string, slot: string | null])[] = [
    ['01T00:00', '01T02:14', null],
    ['01T00:00', '01T02:15', '01T02:15'],
    ['01T00:00', '01T23:59', '01T02:15'],
    ['01T02:15', '01T23:59', null],
    ['01T02:14', '01T02:15', '01T02:15'],
    // Three were missed; the newest is enough to catch up with.
    ['01T00:00', '04T01:00', '03T02:15'],
    ['04T00:00', '01T00:00', null],
  ];
  for (const [after, now, slot] of table) {
    const found = latestSlot(daily(2, 15), at(after), at(now));
    assert.deepEqual(found, slot === null ? null : at(slot), `${after} … ${now}`);
  }
});

test('after a month without a slot only minutes that can fire are asked for', () => {
  const slots = daily(25, 15);
  assert.equal(latestSlot(slots, at('01T00:00'), at('31T00:00')), null);
  assert.equal(slots.asked, 30 * 24 * 4);
});

test('seconds of now do not hide the slot of the minute that has begun', () => {
  const now = new Date('2026-03-01T02:15:59.999Z');
  assert.deepEqual(latestSlot(daily(2, 15), at('01T00:00'), now), at('01T02:15'));
});

test('a thing is due when its schedule fired since it was last begun', () => {
  const table: readonly (readonly [
    slot: string | null,
    known: string,
    last: string | null,
    due: boolean,
    why: string,
  ])[] = [
    [null, '01T00:00', null, false, 'nothing fired'],
    ['02T02:15', '01T00:00', null, true, 'never done, and its time came'],
    ['02T02:15', '02T02:15', null, false, 'the schedule became known at that very minute'],
    ['02T02:15', '03T00:00', null, false, 'the schedule is newer than the slot'],
    ['02T02:15', '01T00:00', '01T02:15', true, 'done a day ago'],
    ['02T02:15', '01T00:00', '02T02:15', false, 'done at that slot'],
    ['02T02:15', '01T00:00', '02T02:20', false, 'done after it'],
  ];
  for (const [slot, known, last, due, why] of table) {
    const result = isDue(slot === null ? null : at(slot), at(known), last === null ? null : at(last));
    assert.equal(result, due, why);
  }
});
