import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { formatBytes, parseSize } from '../../src/domain/size.ts';

test('binary and decimal units are told apart', () => {
  const table: readonly (readonly [string, number])[] = [
    ['0B', 0],
    ['512B', 512],
    ['1KB', 1000],
    ['1KiB', 1024],
    ['1MB', 1_000_000],
    ['1MiB', 1_048_576],
    ['20GiB', 21_474_836_480],
    ['2GB', 2_000_000_000],
    ['3TB', 3_000_000_000_000],
    ['1TiB', 1_099_511_627_776],
    ['1.5 MiB', 1_572_864],
    ['0.0001KB', 0],
  ];
  for (const [text, expected] of table) assert.equal(parseSize(text), expected, text);
});

test('what is no size is refused', () => {
  for (const text of ['', '5', 'MiB', '1M', '1Mi', '-1MiB', '1e3B', '1 000B', '1,5MiB', '1MiB ', '1PiB']) {
    assert.throws(() => parseSize(text), RangeError, text);
  }
  assert.throws(() => parseSize('9000TiB'), /too large/);
});

test('a unit in the wrong case is refused with the right spelling', () => {
  assert.throws(() => parseSize('1mib'), /write "MiB"/);
  assert.throws(() => parseSize('1kb'), /write "KB"/);
});

test('sizes are shown in the largest binary unit that keeps the figure under 1024', () => {
  const table: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [61_131_981, '58.3 MiB'],
    [1_048_575, '1.0 MiB'],
    [1_073_741_824, '1.0 GiB'],
    [Number.MAX_SAFE_INTEGER, '8192.0 TiB'],
  ];
  for (const [value, expected] of table) assert.equal(formatBytes(bytes(value)), expected);
});
