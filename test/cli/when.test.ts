import assert from 'node:assert/strict';
import test from 'node:test';
import { dayText, timeText, zoneOf } from '../../src/cli/when.ts';

const winter = new Date('2026-01-01T23:30:00Z');
const summer = new Date('2026-07-01T10:00:00Z');

test('times are shown in the zone with its offset at that time, in UTC by its name', () => {
  assert.equal(timeText(winter, 'UTC'), '2026-01-01 23:30 UTC');
  assert.equal(timeText(winter, 'Europe/Warsaw'), '2026-01-02 00:30 +01:00');
  assert.equal(timeText(summer, 'Europe/Warsaw'), '2026-07-01 12:00 +02:00');
  assert.equal(timeText(summer, 'America/St_Johns'), '2026-07-01 07:30 -02:30');
  assert.equal(timeText(winter, 'Europe/London'), '2026-01-01 23:30 +00:00');
  assert.equal(dayText(winter, 'Europe/Warsaw'), '2026-01-02');
});

test('--tz wins over TZ, and without both, or with a TZ that names no zone, it is UTC', () => {
  assert.equal(zoneOf(undefined, {}), 'UTC');
  assert.equal(zoneOf(undefined, { TZ: 'Asia/Tokyo' }), 'Asia/Tokyo');
  assert.equal(zoneOf(undefined, { TZ: ':Asia/Tokyo' }), 'Asia/Tokyo');
  assert.equal(zoneOf(undefined, { TZ: 'Mars/Olympus' }), 'UTC');
  assert.equal(zoneOf('Europe/Warsaw', { TZ: 'Asia/Tokyo' }), 'Europe/Warsaw');
  assert.equal(timeText(winter, zoneOf('local', {})).length > 16, true);
  assert.throws(() => zoneOf('Warsaw', {}), { code: 'usage', message: /--tz takes a time zone .*"Warsaw"/ });
});
