import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, describe, makeSite, policy, said, type Site } from '../integration/installation.ts';
import { findFiles } from '../oracle/archives.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { traced } from './traced.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const mail = [note('one', 500), note('two', 600, { size: 40_000 }), note('young', 3)];

interface Fixture {
  readonly site: Site;
  readonly user: string;
  readonly full: Snapshot;
}

async function fixture(name: string, grace = '0d'): Promise<Fixture> {
  const user = `${name.replaceAll(/[^a-z0-9]+/g, '-')}@example.com`;
  await seedUser(dovecot, user, mail);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { delete: { after: grace } })],
  });
  return { site, user, full: await snapshot(dovecot, user) };
}

/**
 * A run that was killed just after it put its object, and the path of that object, which is taken
 * away: the next run puts it again, under the same name.
 */
async function objectToCome({ site }: Fixture): Promise<string> {
  const log = join(site.dir, 'hits.log');
  const killed = await site.runProcess(['run', '--yes'], {
    env: { MOTHBALL_FAILPOINT: 'after put', MOTHBALL_FAILPOINT_LOG: log },
  });
  assert.equal(killed.signal, 'SIGKILL', describe(killed));
  assert.match(readFileSync(log, 'utf8'), /after put\n$/);
  const [path] = findFiles(site.archiveDir, '.mbox.zst');
  if (path === undefined) throw new Error('no object');
  rmSync(path);
  return path;
}

async function assertFinishes({ site, user, full }: Fixture): Promise<void> {
  assertExit(await site.run(['run', '--yes']), 0);
  const old = full.messages.filter(({ subject }) => subject !== 'young');
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), old);
}

test('when fsync of an archive fails once, it is written on a new inode, and its mail goes', async (t) => {
  const made = await fixture('fsync once');
  t.after(() => made.site.remove());
  const object = await objectToCome(made);
  const run = await traced(
    made.site,
    ['-P', object, '-e', 'trace=openat,fsync,unlink', '-e', 'inject=fsync:error=EIO:when=1'],
    ['run', '--yes'],
  );
  assertExit(run, 0);
  const calls = run.trace.flatMap((line) => {
    const call = /\b(openat|fsync|unlink)\(/.exec(line)?.[1] ?? '';
    if (call === 'openat' && !line.includes('O_CREAT')) return [];
    return [`${call}${line.includes('O_EXCL') ? ' anew' : ''}${line.includes('EIO') ? ' fails' : ''}`];
  });
  assert.deepEqual(calls, ['openat anew', 'fsync fails', 'unlink', 'openat anew', 'fsync']);
  const old = made.full.messages.filter(({ subject }) => subject !== 'young');
  assertExactlyGone(made.full, await snapshot(dovecot, made.user), made.site.archives(), old);
});

const hard: readonly { readonly name: string; readonly calls: string; readonly says: RegExp }[] = [
  {
    name: 'fsync of an archive fails on two inodes',
    calls: 'fsync',
    says: /fsync failed on two files.*EIO/s,
  },
  { name: 'reading an archive back fails', calls: 'pread64,read', says: /could not read.*EIO/s },
  { name: 'writing an archive fails', calls: 'write,pwrite64,writev,pwritev', says: /could not write.*EIO/s },
];

for (const { name, calls, says } of hard) {
  test(`when ${name}, nothing is verified or deleted, and the next run finishes`, async (t) => {
    const made = await fixture(name);
    t.after(() => made.site.remove());
    const object = await objectToCome(made);
    const rules = ['-P', object, '-e', `trace=${calls}`, '-e', `inject=${calls}:error=EIO`];
    const run = await traced(made.site, rules, ['run', '--yes']);
    assertExit(run, 1);
    assert.match(said(run), says, describe(run));
    assert.ok(run.trace.some((line) => line.includes('INJECTED')));
    assert.deepEqual(await snapshot(dovecot, made.user), made.full);
    await assertFinishes(made);
  });
}

test('when a due archive can not be read, its mail stays until it can', async (t) => {
  const made = await fixture('unreadable', '7d');
  t.after(() => made.site.remove());
  assertExit(await made.site.run(['run', '--yes']), 0);
  const [object = ''] = findFiles(made.site.archiveDir, '.mbox.zst');
  await made.site.configure({ policies: [policy('old', 365)] });
  const rules = ['-P', object, '-e', 'trace=pread64,read', '-e', 'inject=pread64,read:error=EIO'];
  const run = await traced(made.site, rules, ['run', '--yes']);
  assertExit(run, 1);
  assert.match(said(run), /could not read.*EIO/s);
  assert.deepEqual(await snapshot(dovecot, made.user), made.full);
  await assertFinishes(made);
  assert.equal(made.site.archives().length, 1, 'a sound archive was made twice');
});

// Commit by commit: run record, intent, deleted record, new batch … each in its turn is not durable.
for (const commit of [1, 2, 3, 5]) {
  test(`when sync ${commit} of the database fails, nothing is lost, and the next run finishes`, async (t) => {
    const made = await fixture(`commit ${commit}`, '7d');
    t.after(() => made.site.remove());
    assertExit(await made.site.run(['run', '--yes']), 0);
    await made.site.configure({ policies: [policy('old', 365)] });
    await seedByAppend(dovecot, made.user, [note('three', 700)]);
    const full = await snapshot(dovecot, made.user);
    const fail = ['-e', 'trace=fsync,fdatasync', '-e', `inject=fsync,fdatasync:error=EIO:when=${commit}+`];
    const rules = ['-P', `${made.site.database}-wal`, ...fail];
    const run = await traced(made.site, rules, ['run', '--yes']);
    assert.ok(run.code === 1 || run.code === 3, describe(run));
    assert.match(said(run), /catalog .*disk I\/O error/s);
    const old = full.messages.filter(({ subject }) => subject !== 'young');
    const now = await snapshot(dovecot, made.user);
    assertNothingLost(full, now, made.site.archives(), old);
    // Without a durable intent nothing may go.
    if (commit <= 2) assert.deepEqual(now, full);
    await assertFinishes({ ...made, full });
  });
}
