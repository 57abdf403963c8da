import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { fromLine } from '../../src/format/from-line.ts';

test('a From line holds the sender and the date in UTC as asctime writes it', () => {
  const line = fromLine('bob@example.com', new Date('2021-03-04T05:06:07.890Z'));
  assert.equal(Buffer.from(line).toString(), 'From bob@example.com Thu Mar  4 05:06:07 2021\n');
  assert.equal(
    Buffer.from(fromLine(null, new Date(0))).toString(),
    'From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n',
  );
});

test('a sender that is no plain address never reaches the line', () => {
  for (const sender of [
    '',
    'bob',
    'a b@c',
    'a@b\nFrom x@y',
    'a@b\r',
    'ü@example.com',
    `${'a'.repeat(300)}@b`,
    'a\0@b',
  ]) {
    const line = Buffer.from(fromLine(sender, new Date(0))).toString();
    assert.match(line, /^From MAILER-DAEMON [^\n]+\n$/, JSON.stringify(sender));
  }
});
