import assert from 'node:assert/strict';
import test from 'node:test';
import { latestSlot } from '../../src/domain/schedule-due.ts';
import { cronSchedule } from '../../src/schedule/cron.ts';

test('the latest slot of a real expression, in its time zone', () => {
  const table: readonly (readonly [
    expression: string,
    zone: string,
    after: string,
    now: string,
    slot: string | null,
  ])[] = [
    ['15 2 * * *', 'UTC', '2026-01-01T00:00Z', '2026-01-10T12:00Z', '2026-01-10T02:15Z'],
    ['15 2 * * *', 'Europe/Warsaw', '2026-01-01T00:00Z', '2026-01-10T12:00Z', '2026-01-10T01:15Z'],
    ['15 2 * * *', 'Europe/Warsaw', '2026-07-01T00:00Z', '2026-07-10T12:00Z', '2026-07-10T00:15Z'],
    ['10 2 * * *', 'Asia/Kathmandu', '2026-01-01T00:00Z', '2026-01-10T12:00Z', '2026-01-09T20:25Z'],
    ['0 9 * * mon', 'UTC', '2026-01-01T00:00Z', '2026-01-11T12:00Z', '2026-01-05T09:00Z'],
    ['0 0 1 1 *', 'UTC', '2026-01-01T00:00Z', '2026-12-31T23:59Z', null],
    // In the night of 29 March Warsaw has no 2:15; the run of the day is that of the day before.
    ['15 2 * * *', 'Europe/Warsaw', '2026-03-28T00:00Z', '2026-03-29T12:00Z', '2026-03-28T01:15Z'],
  ];
  for (const [expression, zone, after, now, slot] of table) {
    const found = latestSlot(cronSchedule(expression, zone), new Date(after), new Date(now));
    assert.deepEqual(found, slot === null ? null : new Date(slot), `${expression} ${zone}`);
  }
});

test('the next firing lies ahead and fits the expression', () => {
  const schedule = cronSchedule('*/5 * * * *', 'Europe/Warsaw');
  const next = schedule.next();
  assert.ok(next !== null && next.getTime() > Date.now() && next.getTime() <= Date.now() + 5 * 60_000);
  assert.ok(schedule.matches(next));
});

test('an expression that is none is refused', () => {
  assert.throws(() => cronSchedule('61 * * * *', 'UTC'), RangeError);
});

test('a schedule that was stopped fires no more and holds no process open', () => {
  const started = cronSchedule('* * * * *', 'UTC').start(() => assert.fail('fired'), 0);
  started[Symbol.dispose]();
});
