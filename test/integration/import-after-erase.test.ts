import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { findFiles } from '../oracle/archives.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { assertExit, makeSite, policy, said } from './installation.ts';
import { states } from './retaining-site.ts';
import { subjects } from './subjects.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const user = 'alice@example.com';

/** A site with an mbox of three messages beside it. */
async function withBox(t: TestContext, changes = {}, account = user) {
  const policies = [policy('old', 365, changes)];
  const site = await makeSite({ server: { port: dovecot.port }, users: [account], policies });
  t.after(() => site.remove());
  const path = join(site.dir, 'old.mbox');
  const message = (number: number): string =>
    `From a@b Sun Mar  1 00:00:00 2015\nSubject: ${number}\n\ntext\n\n`;
  await writeFile(path, [1, 2, 3].map(message).join(''));
  return { site, args: ['import', path, '--account', account, '--folder', 'Old'] };
}

test('mail that is imported again after an erase is there, and no expire takes it away', async (t) => {
  const { site, args } = await withBox(t);
  assertExit(await site.run(args), 0);
  assertExit(await site.run(['expire', '--account', user, '--reason', 'a mistake', '--yes']), 0);
  assert.deepEqual(site.archives(), []);
  assertExit(await site.run(args), 0);
  assert.deepEqual(await states(site), ['verified']);
  assertExit(await site.run(['expire', '--yes', '--orphans']), 0);
  assert.equal(site.archives()[0]?.messages.length, 3);
  assertExit(await site.run(['verify']), 0);
});

for (const { retain, copies } of [
  { retain: '30d', copies: 2 },
  { retain: null, copies: 1 },
]) {
  test(`a copy in an archive that is kept ${retain ?? 'for good'} makes ${copies} with the imported one`, async (t) => {
    const account = `retain-${copies}@example.com`;
    const { site, args } = await withBox(t, retain === null ? {} : { retain }, account);
    await seedUser(dovecot, account, [note('old', 500)]);
    const [mail] = (await snapshot(dovecot, account)).messages;
    assertExit(await site.run(['run', '--yes']), 0);
    const [made] = site.archives();
    await writeFile(join(site.dir, 'one.eml'), made?.messages[0]?.bytes ?? '');
    const box = [args[0] ?? '', join(site.dir, 'one.eml'), ...args.slice(2)];
    assertExit(await site.run(box), 0);
    const sums = site.archives().flatMap(({ messages }) => messages.map(({ sha256 }) => sha256));
    assert.deepEqual(
      sums,
      Array.from({ length: copies }, () => mail?.sha256),
    );
  });
}

test('while Mothball is paused nothing is imported, neither into the archive nor onto the server', async (t) => {
  const { site, args } = await withBox(t);
  assertExit(await site.run(['pause', '--reason', 'audit']), 0);
  for (const command of [args, [...args, '--to-server', '--yes']]) {
    const refused = await site.run(command);
    assert.notEqual(refused.code, 0);
    assert.match(said(refused), /paused by .*: audit/);
  }
  assert.deepEqual(site.archives(), []);
  assert.deepEqual(subjects(await snapshot(dovecot, user)), []);
  assertExit(await site.run([...args, '--dry-run']), 0);
  assertExit(await site.run(['resume']), 0);
  assertExit(await site.run(args), 0);
});

test('an erase that is paused leaves what it has not come to, also what is in no archive', async (t) => {
  const { site, args } = await withBox(t);
  // Killed before its manifest: an object that is in no archive.
  const killed = await site.runProcess(args, { env: { MOTHBALL_FAILPOINT: 'after put' } });
  assert.equal(killed.signal, 'SIGKILL');
  const objects = findFiles(site.archiveDir, '.mbox.zst');
  assert.equal(objects.length, 1);
  assertExit(await site.run(['pause', '--reason', 'audit']), 0);
  const request = ['expire', '--account', user, '--reason', 'left', '--yes'];
  const paused = await site.run(request);
  assert.match(said(paused), /paused by .*: audit/);
  assert.deepEqual(findFiles(site.archiveDir, '.mbox.zst'), objects);
  assertExit(await site.run(['resume']), 0);
  assertExit(await site.run(request), 0);
  assert.deepEqual(findFiles(site.archiveDir, '.mbox.zst'), []);
});
