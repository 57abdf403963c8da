import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import fc from 'fast-check';
import { summarizeHeader } from '../../src/codec/header-summary.ts';

const names = ['from', 'list-id', 'subject', 'x-spam', '__proto__'];

test('fields are unfolded and decoded, whatever their case and line ends', () => {
  for (const end of ['\r\n', '\n']) {
    const block = [
      'Return-Path: <bounce@example.com>',
      'FROM: =?utf-8?Q?J=C3=BCrgen?=',
      '\t<j@example.com>',
      'To: a@example.com',
      'to: b@example.com',
      'Subject: =?utf-8?B?w5xiZXI=?=',
      ' =?utf-8?B?cmFzY2h1bmc=?=',
      'List-Id : <x.example.com>',
      'X-Spam: one',
      'x-spam: two',
      'Date: Tue, 3 Mar 2020 10:11:12 +0100 (CET)',
      'Message-ID: <1@example.com>',
      '',
      'Subject: in the body',
    ].join(end);
    assert.deepEqual(summarizeHeader(Buffer.from(block.slice(0, block.indexOf('Subject: in'))), names), {
      messageId: '<1@example.com>',
      from: 'Jürgen\t<j@example.com>',
      to: 'a@example.com, b@example.com',
      subject: 'Überraschung',
      date: '2020-03-03T09:11:12.000Z',
      headers: {
        from: ['Jürgen\t<j@example.com>'],
        'list-id': ['<x.example.com>'],
        subject: ['Überraschung'],
        'x-spam': ['one', 'two'],
      },
      cut: [],
      sender: 'bounce@example.com',
    });
  }
});

test('raw octets are UTF-8 where they can be, else one character each; NUL never passes', () => {
  assert.equal(summarizeHeader(Buffer.from('Subject: \u00fc\n\n'), []).subject, '\u00fc');
  assert.equal(summarizeHeader(Buffer.from('Subject: \u00fc\n\n', 'latin1'), []).subject, '\u00fc');
  assert.equal(summarizeHeader(Buffer.from('Subject: a\0b\n\n'), []).subject, 'a\ufffdb');
});

test('the From line gets the From address where there is no Return-Path', () => {
  const sender = (header: string): string | null => summarizeHeader(Buffer.from(header), []).sender;
  assert.equal(sender('From: "Doe, J." <j@example.com>\n\n'), 'j@example.com');
  assert.equal(sender('Return-Path: <>\nFrom: j@example.com\n\n'), 'j@example.com');
  assert.equal(sender('Subject: x\n\n'), null);
});

test('a date that is none is not guessed', () => {
  for (const date of ['garbage 5', '2020', '', '32 Mar 2020 10:11:12 +0000']) {
    assert.equal(summarizeHeader(Buffer.from(`Date: ${date}\n\n`), []).date, null, date);
  }
});

test('what a sender makes long is cut, and a recorded header that was cut is named', () => {
  const long = 'é'.repeat(5_000);
  const block = [
    `From: ${'\u{1F600}'.repeat(1_500)}`,
    ...Array.from({ length: 40 }, (_, index) => `To: ${'t'.repeat(90)}${index}@example.com`),
    `Subject: ${long}`,
    'List-Id: <x.example.com>',
    ...Array.from({ length: 300 }, () => 'X-Spam: yes'),
  ].join('\r\n');
  const summary = summarizeHeader(Buffer.from(`${block}\r\n\r\n`), names);
  assert.equal(summary.subject, long.slice(0, 2_000));
  assert.equal(summary.from, '\u{1F600}'.repeat(1_000));
  assert.equal(summary.to?.length, 2_000);
  assert.deepEqual(summary.cut, ['from', 'subject', 'x-spam']);
  assert.deepEqual(summary.headers['list-id'], ['<x.example.com>']);
  assert.equal(summary.headers['x-spam']?.length, 100);
  const odd = summarizeHeader(Buffer.from(`From: x${'\u{1F600}'.repeat(1_500)}\r\n\r\n`), []);
  assert.equal(odd.from?.isWellFormed(), true, 'no half of a pair is left');
});

test('all values of one header together are bounded too', () => {
  const block = Array.from({ length: 50 }, () => `X-Spam: ${'y'.repeat(900)}`).join('\r\n');
  const { headers, cut } = summarizeHeader(Buffer.from(`${block}\r\n\r\n`), names);
  assert.equal(headers['x-spam']?.join('').length, 8_000);
  assert.deepEqual(cut, ['x-spam']);
});

test('no bytes make it throw or give text that is not Unicode', () => {
  const token = fc.constantFrom(
    'From:',
    'Subject: ',
    '=?utf-8?B?',
    '=?utf-7?Q?',
    '?=',
    '\r\n',
    '\n ',
    '<',
    '@',
    '"',
    '(',
    '=?x',
  );
  const block = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc
      .array(fc.oneof(token, fc.string({ unit: 'binary' })))
      .map((parts) => Buffer.from(parts.join(''), 'latin1')),
  );
  fc.assert(
    fc.property(block, (bytes) => {
      const { headers, cut: _, ...texts } = summarizeHeader(bytes, names);
      for (const text of [...Object.values(texts), ...Object.values(headers).flat()]) {
        assert.ok(text === null || (text.isWellFormed() && !text.includes('\0')));
      }
    }),
    { numRuns: 2000 },
  );
});
