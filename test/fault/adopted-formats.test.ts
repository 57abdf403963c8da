import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { findFiles } from '../oracle/archives.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';

for (const [format, ending] of [
  ['eml-zip', '.eml.zip'],
  ['maildir-tar', '.maildir.tar.zst'],
] as const) {
  test(`a crash between an ${format} and its manifest leaves an object that the next run adopts`, async (t) => {
    const dovecot = await startDovecot();
    t.after(() => dovecot.stop());
    const user = 'adopted@example.com';
    await seedUser(dovecot, user, [note('one', 500), note('two', 400), note('young', 3)]);
    const site = await makeSite({
      server: { port: dovecot.port },
      users: [user],
      policies: [policy('old', 365, { archive: { to: 'local', format } })],
    });
    t.after(() => site.remove());
    const full = await snapshot(dovecot, user);
    const log = join(site.dir, 'hits.log');
    const env = { MOTHBALL_FAILPOINT: 'after put', MOTHBALL_FAILPOINT_LOG: log };
    assert.equal((await site.runProcess(['run', '--yes'], { env })).signal, 'SIGKILL');
    assert.match(readFileSync(log, 'utf8'), /after put\n$/);
    const left = findFiles(site.archiveDir, ending);
    assert.equal(left.length, 1);
    assert.deepEqual(site.archives(), []);

    assertExit(await site.run(['run', '--yes']), 0);
    const archives = site.archives();
    assert.deepEqual(
      archives.map((archive) => archive.object),
      left,
    );
    const selected = selectByRule(full, { olderThanDays: 365 }, new Date());
    assertExactlyGone(full, await snapshot(dovecot, user), archives, selected);
  });
}
