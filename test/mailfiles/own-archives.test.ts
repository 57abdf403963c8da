import assert from 'node:assert/strict';
import { join, relative } from 'node:path';
import test from 'node:test';
import { findMail } from '../../src/mailfiles/find.ts';
import { tree } from './tree.ts';

/** What was found, as `kind path`. */
async function list(root: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const found of findMail(root, null)) {
    const path = relative(root, found.kind === 'file' ? found.file.path : found.path);
    if (found.kind === 'archive') lines.push(`archive ${path}${found.archive.several ? ' of several' : ''}`);
    else lines.push(`${found.kind} ${path}${found.kind === 'other' ? `: ${found.what}` : ''}`);
  }
  return lines;
}

test('archives of Mothball are known by the manifests beside them, encrypted ones are named, and a store has nothing else', async (t) => {
  const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(64));
  const store = {
    '.mothball/marker': 'x',
    [`ann-1/inbox-2/2024/${one}.mbox.zst`]: 'x',
    [`ann-1/inbox-2/2024/${one}.manifest.jsonl.zst`]: 'x',
    [`ann-1/inbox-2/2024/${one}.receipts/1.json`]: '{}',
    [`bob-1/inbox-2/2024/${two}-2.eml.zip`]: 'x',
    [`bob-1/inbox-2/2024/${two}-2.manifest.jsonl.zst`]: 'x',
    [`bob-1/inbox-2/2024/${three}.mbox.zst.age`]: 'x',
    [`bob-1/inbox-2/2024/${three}.manifest.jsonl.zst.age`]: 'x',
  };
  const root = await tree(t, store);
  const encrypted =
    'encrypted archive of Mothball (write its mail with `mothball export --identity FILE`, and import that)';
  assert.deepEqual(await list(root), [
    `archive ann-1/inbox-2/2024/${one}.mbox.zst of several`,
    `archive bob-1/inbox-2/2024/${two}-2.eml.zip of several`,
    `other bob-1/inbox-2/2024/${three}.mbox.zst.age: ${encrypted}`,
  ]);
  const below = (name: string): string => join(root, `bob-1/inbox-2/2024/${name}`);
  assert.deepEqual(await list(below(`${two}-2.manifest.jsonl.zst`)), [`archive ../${two}-2.eml.zip`]);
  const alone = await tree(t, { [`${one}.mbox`]: 'From a@b Thu Jan  1 00:00:00 1970\nSubject: x\n\ny\n' });
  assert.deepEqual(await list(alone), [`file ${one}.mbox`], 'without its manifest');
});
