import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before } from 'node:test';
import { assertExit, describe, said } from '../integration/installation.ts';
import { archived, files, later, laterProcess, states } from '../integration/retaining-site.ts';
import { findFiles } from '../oracle/archives.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const expire = ['expire', '--yes', '--lift-limits'];

test('killed at any step, an expire leaves whole archives or none, and the next one finishes it', async (t) => {
  const whole = await archived(t, dovecot, 'whole@example.com', ['INBOX']);
  const log = join(whole.dir, 'hits.log');
  assertExit(
    await whole.runProcess(expire, { env: { ...laterProcess.env, MOTHBALL_FAILPOINT_LOG: log } }),
    0,
  );
  const hits = (await readFile(log, 'utf8')).trim().split('\n');
  assert.deepEqual(
    hits.map((hit) => hit.replace(/^\d+ /, '')),
    [
      'after expired record',
      'after manifest removed',
      'after object removed',
      'after messages forgotten',
      'after receipt removed',
    ],
  );
  for (const [index, hit] of hits.entries()) {
    const site = await archived(t, dovecot, `kill${index}@example.com`, ['INBOX']);
    const env = { ...laterProcess.env, MOTHBALL_FAILPOINT: String(index + 1) };
    const killed = await site.runProcess(expire, { env });
    assert.equal(killed.signal, 'SIGKILL', `${hit}: ${describe(killed)}`);
    const manifests = findFiles(site.archiveDir, '.manifest.jsonl.zst').length;
    const objects = findFiles(site.archiveDir, '.mbox.zst').length;
    assert.ok(manifests <= objects, `a manifest without its object after a kill at ${hit}`);
    assert.deepEqual(await states(site), ['expired'], hit);
    const reindexed = await site.run(['reindex']);
    assertExit(reindexed, 0);
    assert.deepEqual(await states(site), ['expired'], `reindex after a kill at ${hit}`);
    const finished = await site.run(expire, later);
    assertExit(finished, 0);
    assert.deepEqual(files(site), [], `after a kill at ${hit}: ${said(finished)}`);
    // Its marker, and who writes to it.
    assert.equal(findFiles(site.archiveDir, '.json').length, 2);
    const database = new DatabaseSync(site.database, { readOnly: true });
    assert.deepEqual(database.prepare('SELECT * FROM lines').all(), [], `lines left after a kill at ${hit}`);
    database.close();
  }
});
