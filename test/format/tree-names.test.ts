import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { safeName, TreeNames } from '../../src/format/tree-names.ts';

const alice = { server: 'main', account: 'alice@example.com' };

test('the tree of folders is kept, and names stay readable', () => {
  const names = new TreeNames();
  assert.deepEqual(names.path({ ...alice, folder: 'Work/2020/Q1' }), [
    'alice@example.com',
    'Work',
    '2020',
    'Q1',
  ]);
  assert.deepEqual(names.path({ ...alice, folder: 'Zdjęcia' }, '.mbox'), [
    'alice@example.com',
    'Zdjęcia.mbox',
  ]);
  assert.deepEqual(names.path({ ...alice, folder: 'Work' }, '.mbox'), ['alice@example.com', 'Work.mbox']);
  assert.deepEqual(names.path({ ...alice, folder: 'Work/2020/Q1' }), [
    'alice@example.com',
    'Work',
    '2020',
    'Q1',
  ]);
});

test('accounts of one name on two servers, case twins and reserved names are told apart', () => {
  const names = new TreeNames(['cur']);
  const folders = [
    { ...alice, folder: 'Inbox' },
    { ...alice, server: 'other', folder: 'Inbox' },
    { ...alice, folder: 'INBOX' },
    { ...alice, folder: 'cur' },
    { ...alice, folder: 'a?b' },
    { ...alice, folder: 'a*b' },
  ];
  const paths = folders.map((folder) => names.path(folder).join('/'));
  assert.equal(new Set(paths.map((path) => path.toLowerCase())).size, folders.length);
  assert.ok(!paths.some((path) => path.endsWith('/cur')));
  assert.deepEqual(
    folders.map((folder) => names.path(folder).join('/')),
    paths,
  );
});

test('no name leaves the tree, none is too long, and no two folders share one', () => {
  const level = fc.oneof(
    fc.constantFrom(
      '..',
      '.',
      '',
      'CON',
      'nul.txt',
      'a.',
      ' a ',
      'A',
      'a',
      'ä',
      'a\u0308',
      '\0',
      'x'.repeat(400),
      '😀'.repeat(90),
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const folder = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
  fc.assert(
    fc.property(fc.uniqueArray(folder, { maxLength: 12 }), (folders) => {
      const names = new TreeNames();
      const paths = folders.map((one) => names.path({ ...alice, folder: one }, '.mbox'));
      for (const name of paths.flat()) {
        assert.ok(Buffer.byteLength(name) <= 255 && Buffer.byteLength(name) > 0);
        assert.doesNotMatch(name, /^\.|[/\\\0:*?"<>|]|^(?:con|nul)(?:\.|$)/i);
      }
      const folded = paths.map((path) => path.join('/').normalize('NFKD').toLowerCase());
      assert.equal(new Set(folded).size, folders.length);
    }),
  );
});

test('a subject becomes part of a file name', () => {
  assert.equal(safeName('Re: Budget / 2019?'), 'Re_ Budget _ 2019_');
  assert.equal(safeName('...'), '_');
  assert.equal(safeName(''), '');
});
