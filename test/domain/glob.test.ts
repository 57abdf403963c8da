import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Role } from '../../src/domain/folder.ts';
import {
  accountMatches,
  folderMatches,
  folderSelected,
  globFault,
  headerGlob,
} from '../../src/domain/glob.ts';

const folder = (name: string, ...roles: readonly Role[]) => ({ name, roles });

const folders: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
  ['**', ['INBOX', 'a/b/c', '.hidden', 'x\ny'], []],
  ['*', ['INBOX', 'Sent', '.hidden'], ['a/b']],
  ['Keep/**', ['Keep', 'Keep/a', 'Keep/a/b'], ['Keeper', 'keep/a', 'x/Keep']],
  ['Keep/*', ['Keep/a'], ['Keep', 'Keep/a/b']],
  ['**/Trash', ['Trash', 'a/Trash', 'a/b/Trash'], ['xTrash', 'Trash/a']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['ab', 'a/xb']],
  ['inbox', ['INBOX'], ['INBOX/a']],
  ['Inbox/**', ['INBOX', 'INBOX/a'], ['inboxes']],
  ['{inbox,Sent}', ['INBOX', 'Sent'], ['sent']],
  ['x/inbox', ['x/inbox'], ['x/INBOX']],
  ['{Sent,Archive/{2019,2020}}', ['Sent', 'Archive/2019', 'Archive/2020'], ['Archive', 'Archive/2021']],
  ['x{**/a,b}', ['x/a', 'xy/a', 'xb'], ['xa']],
  ['20?? ', ['2024 '], ['2024', '20/4 ']],
  ['[Gmail]/*', ['[Gmail]/Sent'], ['G/Sent', 'm/Sent']],
  ['+(a|b)', ['+(a|b)'], ['a', 'ab']],
  ['!Sent', ['!Sent'], ['Drafts']],
  ['a\\*b', ['a*b'], ['axb']],
  ['a{b', ['a{b'], ['ab']],
  ['a{b}', ['a{b}'], ['ab']],
  ['Größe/*', ['Größe/ü'], ['größe/ü']],
  ['..', ['..'], ['ab']],
  ['^a$', ['^a$'], ['a']],
];

for (const [pattern, yes, no] of folders) {
  test(`the folder pattern ${pattern} matches what it says`, () => {
    for (const name of yes) assert.ok(folderMatches(pattern, folder(name)), `${name} should match`);
    for (const name of no) assert.ok(!folderMatches(pattern, folder(name)), `${name} should not match`);
  });
}

test('role patterns look at SPECIAL-USE and not at the name', () => {
  assert.ok(folderMatches('role:trash', folder('Papierkorb', 'trash')));
  assert.ok(folderMatches('role:Trash', folder('Papierkorb', 'trash')));
  assert.ok(!folderMatches('role:trash', folder('Trash')));
  assert.ok(!folderMatches('role:trash', folder('role:trash')));
});

test('an excluded folder is not selected, whatever includes it', () => {
  const patterns = { include: ['**'], exclude: ['role:drafts', 'Keep/**'] };
  assert.ok(folderSelected(patterns, folder('INBOX')));
  assert.ok(!folderSelected(patterns, folder('Entwürfe', 'drafts')));
  assert.ok(!folderSelected(patterns, folder('Keep')));
  assert.ok(!folderSelected({ include: ['Sent'], exclude: [] }, folder('INBOX')));
  assert.ok(!folderSelected({ include: [], exclude: [] }, folder('INBOX')));
});

test('account patterns ignore case', () => {
  const patterns = { include: ['*@Example.com'], exclude: ['legal-*'] };
  assert.ok(accountMatches(patterns, 'ALICE@example.COM'));
  assert.ok(!accountMatches(patterns, 'Legal-1@example.com'));
  assert.ok(!accountMatches(patterns, 'alice@example.org'));
  assert.ok(accountMatches({ include: ['*'], exclude: [] }, 'a/b\nc'));
});

test('header globs span everything and ignore case', () => {
  const subject = headerGlob('subject', '[JIRA]*größe?');
  assert.ok(subject('[jira] a/b\nGRÖSSE? no, GRÖßE!'));
  assert.ok(!subject('JIRA größe!'));
});

test('header globs see the mail addresses in a value', () => {
  const rival = headerGlob('from', '*@rival.example');
  for (const value of [
    'joe@rival.example',
    '"Doe, Joe" <Joe@Rival.Example>',
    'joe@rival.example, ann@x.example',
    'Ann <ann@x.example>, Joe <joe@rival.example>',
  ])
    assert.ok(rival(value), value);
  for (const value of ['joe@rival.example.org', 'Joe <joe@not.example>', 'joe at rival.example'])
    assert.ok(!rival(value), value);
  assert.ok(
    !headerGlob('subject', 'news')('news, today'),
    'parts that are no address are not looked at alone',
  );
});

test('a pattern made to backtrack is decided at once', () => {
  const subject = 'a'.repeat(300_000);
  const started = performance.now();
  assert.ok(!headerGlob('subject', '*a*a*a*a*a*a*a*a*b')(subject));
  assert.ok(!folderMatches('**a**a**a**a**a{x,a*a*a*}b', folder(subject)));
  assert.ok(performance.now() - started < 5_000);
});

test('patterns that are empty, too long or end in a backslash are faults', () => {
  assert.match(globFault('') ?? '', /empty/);
  assert.match(globFault('x'.repeat(257)) ?? '', /longer than 256/);
  assert.match(globFault('a\\') ?? '', /backslash/);
  assert.equal(globFault('a\\\\'), null);
  assert.equal(globFault('{{{{**'), null);
  assert.throws(() => headerGlob('subject', ''), RangeError);
});

test('a subject with a mail address in it is not a list of addresses', () => {
  assert.ok(!headerGlob('subject', '*@rival.example')('about <joe@rival.example> again'));
});

for (const [name, value] of [
  ['one bracket and many @', `<${'@'.repeat(1_000_000)}`],
  ['many brackets', '<'.repeat(1_000_000)],
  ['many brackets with an @ each', '<a@'.repeat(300_000)],
  ['many pairs of brackets', '<a>'.repeat(300_000)],
] as const) {
  test(`a From field of ${name} names no address, and takes no longer than it is long`, () => {
    assert.equal(headerGlob('from', '*@x.example')(value), false);
  });
}

test('every address that brackets hold counts, also with a quoted or a second @', () => {
  for (const value of [
    '"a" <"x@y"@z.example>',
    '<a@b@z.example>',
    'x <<a@z.example>',
    'b@y.example, a@z.example',
  ])
    assert.ok(headerGlob('from', '*@z.example')(value), value);
});

test('patterns that strangers make up do not fill the memory', () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  assert.ok(typeof collect === 'function');
  const matched = (from: number, to: number): number => {
    for (let index = from; index < to; index += 1)
      assert.ok(!accountMatches({ include: [`*${index}*a*b*c*@example.org`], exclude: [] }, 'x@example.com'));
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = matched(0, 1_500);
  const grown = matched(1_500, 6_000) - before;
  assert.ok(grown < 20_000_000, `${grown} bytes more after 4,500 patterns`);
});
