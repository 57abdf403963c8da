import assert from 'node:assert/strict';
import test from 'node:test';
import { flagsOfName, maildirKeywords, statusFlags } from '../../src/format/mail-flags.ts';
import { maildirFlags } from '../../src/format/maildir-flags.ts';

const names: readonly (readonly [name: string, flags: readonly string[]])[] = [
  ['1.a.host:2,FRS', ['\\flagged', '\\answered', '\\seen']],
  ['1.a.host:2,DPT', ['\\draft', '$Forwarded', '\\deleted']],
  ['1.a.host;2,S', ['\\seen']],
  ['1.a.host!2,SS', ['\\seen']],
  ['1.a.host:2,', []],
  ['1.a.host', []],
  ['1.a.host:1,S', []],
  ['1.a.host;2,RDF,', ['\\answered', '\\draft', '\\flagged']],
  ['1.a.host_2,S', ['\\seen']],
  ['1.a.host-2,FS', ['\\flagged', '\\seen']],
  ['1.a.host%3A2,S', ['\\seen']],
  ['1.a.host%3a2,S', ['\\seen']],
  ['1.a.host\uf03a2,S', ['\\seen']],
  ['1.a.host\uf0222,S', ['\\seen']],
  ['1.a,U=103:2:2,RS', ['\\answered', '\\seen']],
  ['1.a.host:2,S.eml', ['\\seen']],
  ['1.a.host:2,S:2,', []],
  ['1.a.host-2,S=12,W=13', []],
  ['1.a.host_2,S=12:2,R', ['\\answered']],
  ['1.a.host:2,SXbz', ['\\seen', 'NonJunk']],
  ['1.a.host%3A2%2CRS', ['\\answered', '\\seen']],
  ['1.a.host=3A2,S', ['\\seen']],
  ['1.a.host\u22362,S', ['\\seen']],
  ['1.a.host 2,S', ['\\seen']],
  ['1.a.host\u00f72,FS.eml', ['\\flagged', '\\seen']],
  ['1.a.host_2_FS', ['\\flagged', '\\seen']],
  ['1.a.host-2,S (1)', ['\\seen']],
  ['1.a.host_2,S - Copy', ['\\seen']],
  ['1.a.host:2,S (1)', ['\\seen']],
  ['1.M2_3_S=4.host', []],
  ['1.a_2_host', []],
  ['1.a,S=2,W=12,U=2', []],
  ['1.a.host,S=12,W=13:2,Sa', ['\\seen', '$label1']],
];
const keywords = maildirKeywords('0 $label1\n1 NonJunk\n30 late\nx y\n2 a b\n3 (\n');

for (const [name, flags] of names) {
  test(`the name ${name} says ${flags.join(' ') || 'nothing'}`, () => {
    assert.deepEqual(flagsOfName(name, keywords), flags);
  });
}

test('flags become letters in the order of the alphabet, and come back', () => {
  const flags = [
    '\\Seen',
    '\\flagged',
    'Other',
    '\\answered',
    '\\draft',
    '\\deleted',
    '$forwarded',
    '\\recent',
  ];
  assert.equal(maildirFlags(flags), 'DFPRST');
  assert.equal(maildirFlags([]), '');
  assert.deepEqual(flagsOfName(`x:2,${maildirFlags(['\\seen', '\\draft'])}`), ['\\draft', '\\seen']);
});

test('Status, X-Status and X-Mozilla-Status say what the mail program kept', () => {
  const of = (fields: Readonly<Record<string, string>>): readonly string[] =>
    statusFlags(new Map(Object.entries(fields).map(([name, value]) => [name, [value]])));
  assert.deepEqual(of({ status: 'RO', 'x-status': 'AF' }), ['\\seen', '\\answered', '\\flagged']);
  assert.deepEqual(of({ status: 'O' }), []);
  assert.deepEqual(of({ 'x-status': 'DT' }), ['\\deleted', '\\draft']);
  assert.deepEqual(of({ 'x-mozilla-status': '0005' }), ['\\seen', '\\flagged']);
  assert.deepEqual(of({ 'x-mozilla-status': 'nonsense', status: 'constructor' }), []);
  assert.deepEqual(of({ 'x-mozilla-status': '1009' }), ['\\seen', '\\deleted', '$Forwarded']);
  assert.deepEqual(of({ 'x-mozilla-keys': '$label1 work   ' }), ['$label1', 'work']);
  assert.deepEqual(of({ 'x-keywords': 'NonJunk (a) \\\\Seen "b" x', status: 'RO' }), [
    '\\seen',
    'NonJunk',
    'x',
  ]);
  assert.deepEqual(of({}), []);
});
