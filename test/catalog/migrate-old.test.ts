/** A catalog made by the program as it was at schema 7, when reasons were stored as sentences. */
import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { openCatalog } from '../../src/catalog/sqlite.ts';
import { sameMessage } from '../../src/domain/identity.ts';
import { encodeReason, reasonText } from '../../src/domain/reason.ts';
import { recordedRunJson } from '../../src/documents/runs.ts';
import { directory } from './directory.ts';

/** What each sentence became, in the order of the lines of the first archive. */
const codes = [
  'size-unknown',
  'date-unknown',
  'no-match',
  'flagged',
  'draft',
  'deleted',
  'restored',
  'notice-unread',
  'undecidable: not known whether it is a notice',
  'quarantined: short literal',
  'held: case-4711',
  'another-message',
  'another-folder',
  'folder-gone',
  'folder-not-covered',
  'size-wrong',
  'policy-gone',
  'policy-plans',
  'policy-keeps',
  'account-not-covered',
  'target-reached',
  'account-erased',
  'gone-elsewhere',
  'changed-meanwhile',
  'not-removed',
  'not-moved',
  'move-refused: the server gave no reason',
  'other: a sentence of nobody',
];

test('a catalog of schema 7 opens, and each sentence in it has become its code', async (t) => {
  const path = join(await directory(t), 'mothball.db');
  await copyFile(join(import.meta.dirname, 'fixtures/schema-7.db'), path);
  await using catalog = await openCatalog(path, { mode: 'existing' });
  const [one, two] = (await catalog.archives()).toSorted((a, b) => b.messages - a.messages);
  const entries = await catalog.deleteEntries(one?.id ?? assert.fail(), ['abandoned']);
  const reasons = entries.map(({ reason }) => reason ?? assert.fail());
  assert.deepEqual(reasons.map(encodeReason), codes);
  for (const reason of reasons) assert.notEqual(reasonText(reason), '');
  const another = entries[11] ?? assert.fail();
  const meta = { ...another, modseq: null, savedDate: null, headers: null };
  assert.equal(sameMessage(another, meta), false, 'a UID that named another message still does');
  assert.equal(sameMessage({ ...another, reason: null }, meta), true);

  const [damaged] = await catalog.deleteEntries(two?.id ?? assert.fail(), ['abandoned']);
  assert.deepEqual(damaged?.reason, { code: 'archive-quarantined', detail: 'bytes differ' });
  const [run] = await catalog.runs(10);
  const report = recordedRunJson(run ?? assert.fail()).report;
  assert.deepEqual(report?.skipped, [{ reason: 'restored', messages: 2 }]);
  assert.equal((await catalog.quarantineList()).length, 1);
  assert.equal((await catalog.search({ limit: 100 })).length > 0, true);
});
