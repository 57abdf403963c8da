import assert from 'node:assert/strict';
import test from 'node:test';
import { namePattern } from '../../src/config/schema-common.ts';
import { sha256 } from '../../src/domain/brands.ts';
import { ImportJudge } from '../../src/domain/import-judge.ts';
import { importedFolder, importMark, isImported } from '../../src/domain/imported.ts';

const [a, b] = [sha256('a'.repeat(64)), sha256('b'.repeat(64))];

test('the same bytes count once in a folder, and again in another', () => {
  const judge = new ImportJudge(new Map());
  assert.deepEqual(
    [judge.judge('one', a), judge.judge('one', a), judge.judge('two', a), judge.judge('one', b)],
    ['new', 'double', 'new', 'new'],
  );
});

test('each copy that is held stands for one message, in whatever folder', () => {
  const judge = new ImportJudge(new Map([[a, 1]]));
  assert.deepEqual(
    [judge.judge('one', a), judge.judge('one', a), judge.judge('two', a), judge.judge('three', b)],
    ['held', 'double', 'new', 'new'],
  );
});

test('a second import adds nothing', () => {
  const folders = ['one', 'one', 'two', 'three'];
  const first = new ImportJudge(new Map());
  const added = folders.filter((folder) => first.judge(folder, a) === 'new').length;
  const second = new ImportJudge(new Map([[a, added]]));
  assert.deepEqual(
    folders.filter((folder) => second.judge(folder, a) === 'new'),
    [],
  );
});

test('no policy and no server can have the name that imported mail carries', () => {
  assert.doesNotMatch(importMark, namePattern);
  // RFC 8474 §7: objectid = 1*255(ALPHA / DIGIT / "_" / "-")
  assert.doesNotMatch(importedFolder.mailboxId, /^[A-Za-z0-9_-]{1,255}$/);
  assert.equal(isImported({ policy: importMark, mailboxId: importMark }), true);
  assert.equal(isImported({ policy: 'old', mailboxId: importMark }), false);
  assert.equal(isImported({ policy: importMark, mailboxId: null }), false);
});
