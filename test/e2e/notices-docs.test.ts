import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { noticeNames } from '../../src/domain/notice-template.ts';
import { directoryWith, noSecrets, withPolicies } from '../config/files.ts';
import { block, tableRows } from './readme.ts';

test('the policy in docs/notices.md loads with the template beside it', async (t) => {
  const load = async (text: string) => {
    const files = {
      'mothball.yaml': withPolicies,
      'policies.yaml': text,
      'notice.txt': block('docs/notices.md', 'notice'),
      pw: 'x',
    };
    const { policies } = await loadConfig(join(await directoryWith(t, files), 'mothball.yaml'), noSecrets);
    return policies[0]?.notify ?? assert.fail();
  };
  const written = await load(block('docs/notices.md', 'notify'));
  assert.equal(written.template, block('docs/notices.md', 'notice'));
  assert.equal(written.from?.address, 'it@example.com');
  const usual = await load(
    block('docs/notices.md', 'notify').replaceAll(/^ +(every|nearFull|from|template): .*\n/gm, ''),
  );
  assert.deepEqual({ ...written, from: null, template: null }, usual, 'the rest are the defaults');
});

test('docs/notices.md lists every placeholder', () => {
  const named = tableRows('docs/notices.md', 'Placeholder').flatMap(([names = '']) => names.split(' '));
  assert.deepEqual(named.toSorted(), [...noticeNames].toSorted());
});
