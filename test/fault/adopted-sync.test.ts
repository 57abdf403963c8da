import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, describe, makeSite, policy } from '../integration/installation.ts';
import { findFiles } from '../oracle/archives.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { traced } from './traced.ts';

test('an object that a crash left unsynced is made durable before its mail goes', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const user = 'adopted@example.com';
  await seedUser(dovecot, user, [note('one', 500), note('young', 3)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const log = join(site.dir, 'hits.log');
  const env = { MOTHBALL_FAILPOINT: 'after put', MOTHBALL_FAILPOINT_LOG: log };
  assert.equal((await site.runProcess(['run', '--yes'], { env })).signal, 'SIGKILL');
  assert.match(readFileSync(log, 'utf8'), /after put\n$/);
  const [object = ''] = findFiles(site.archiveDir, '.mbox.zst');
  rmSync(object);
  // Killed as it enters fsync of the object: every octet is written, none is known to be on the disk.
  const killed = await traced(
    site,
    ['-P', object, '-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync:signal=KILL:when=1'],
    ['run', '--yes'],
  );
  assert.ok(
    killed.trace.some((line) => line.includes('SIGKILL')),
    describe(killed),
  );
  assert.deepEqual(findFiles(site.archiveDir, '.mbox.zst'), [object]);
  const run = await traced(
    site,
    ['-P', object, '-P', dirname(object), '-e', 'trace=fsync,fdatasync'],
    ['run', '--yes'],
  );
  assertExit(run, 0);
  assert.equal((await snapshot(dovecot, user)).messages.length, 1);
  const synced = run.trace.filter((line) => line.includes(`<${object}>`));
  assert.ok(synced.length > 0, `the adopted object was never synced:\n${run.trace.join('\n')}`);
});
