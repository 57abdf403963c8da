import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import type { ArchivesDocument } from '../integration/documents.ts';
import { keyPair, makeEncryptedSite } from '../integration/encrypted-site.ts';
import { assertExit, policy } from '../integration/installation.ts';
import { findFiles } from '../oracle/archives.ts';

const user = 'alice@example.com';

test('an import into an encrypted store that was killed before its record adopts object and manifest', async (t) => {
  const keys = keyPair();
  t.after(() => keys.remove());
  const wish = { server: { port: 9 }, users: [user], policies: [policy('old', 365)] };
  const site = await makeEncryptedSite(wish, keys);
  t.after(() => site.remove());
  const mbox = join(site.dir, 'old.mbox');
  const mail = ['one', 'two', 'three'].map(
    (subject) => `From a@b Sun Mar  1 00:00:00 2015\nSubject: ${subject}\n\ntext\n\n`,
  );
  await writeFile(mbox, mail.join(''));
  const args = ['import', mbox, '--account', user, '--folder', 'Old'];
  const log = join(site.dir, 'hits.log');
  const env = { MOTHBALL_FAILPOINT: 'after manifest', MOTHBALL_FAILPOINT_LOG: log };
  assert.equal((await site.runProcess(args, { env })).signal, 'SIGKILL');
  assert.match(await readFile(log, 'utf8'), /after manifest\n$/);
  const left = findFiles(site.archiveDir, '.age');
  assert.equal(left.length, 2);

  assertExit(await site.run(args), 0);
  assert.deepEqual(
    findFiles(site.archiveDir, '.age').filter((path) => !path.includes('.mothball')),
    left,
  );
  const { archives } = await site.json<ArchivesDocument>(['archives']);
  assert.deepEqual(
    archives.map(({ messages, state }) => [messages, state]),
    [[3, 'verified']],
  );
  assert.equal(site.archives()[0]?.messages.length, 3);
  const out = ['--format', 'eml', '--to-dir', 'out', '--identity', keys.identity];
  assertExit(await site.run(['export', '--all', ...out]), 0);
  assert.equal(findFiles(join(site.dir, 'out'), '.eml').length, 3);
});
