/** Deletions that a crash interrupted, in accounts for which no policy is due any more. */
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before, type TestContext } from 'node:test';
import { spoolOf } from '../../src/work/spool.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { clockOffBy } from '../fault/off-by.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type LogLine, startDaemon, until } from './daemon.ts';
import { assertExit, describe, makeSite, policy, type Site } from './installation.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const rarely = { schedule: '0 0 1 1 *' };

/** A run died with its mark on both old messages of the user. */
async function interrupted(t: TestContext, user: string): Promise<Site> {
  await seedUser(dovecot, user, [note('one', 500), note('two', 600), note('young', 3)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user, 'other@example.com'],
    policies: [policy('old', 365, { ...rarely, accounts: [user] })],
    extra: { spool: { path: './spool' } },
  });
  t.after(() => site.remove());
  await die(site);
  assert.deepEqual(await marked(user), ['one', 'two']);
  return site;
}

async function die(site: Site): Promise<void> {
  const died = await site.runProcess(['run', '--yes'], { env: { MOTHBALL_FAILPOINT: 'after store' } });
  assert.equal(died.signal, 'SIGKILL', describe(died));
}

async function marked(user: string): Promise<readonly string[]> {
  const { messages } = await snapshot(dovecot, user);
  return messages.filter(({ flags }) => flags.includes('\\Deleted')).map(({ subject }) => subject);
}

function dailyWorkDone({ database }: Site): boolean {
  using connection = new DatabaseSync(database, { readOnly: true, timeout: 5_000 });
  return connection.prepare("SELECT at FROM done WHERE job = 'housekeeping'").get() !== undefined;
}

test('a daemon settles at each start what was interrupted, though no policy is due there or left at all', async (t) => {
  const user = 'unplanned@example.com';
  const site = await interrupted(t, user);
  for (const policies of [
    [policy('old', 365, { ...rarely, accounts: [user] })],
    [policy('another', 365, { ...rarely, accounts: ['other@example.com'] })],
  ]) {
    await site.configure({ policies });
    const daemon = await startDaemon(site);
    await daemon.line(
      ({ message, account }) =>
        account === user && message === 'settled what was interrupted: 0 messages had been deleted',
    );
    await until(async () => dailyWorkDone(site));
    assert.equal(await daemon.stop(), 143);
    assert.deepEqual(await marked(user), []);
    // It dies again on the same day, when the daily work is done already.
    await site.configure({ policies: [policy('old', 365, { ...rarely, accounts: [user] })] });
    await die(site);
    assert.deepEqual(await marked(user), ['one', 'two']);
  }
});

test('under a clock that can not be right nothing is settled, and the account says so', async (t) => {
  const user = 'early@example.com';
  const site = await interrupted(t, user);
  const daemon = await startDaemon(site, { clock: clockOffBy(3_650) });
  t.after(() => daemon.stop());
  const textOf = ({ message, error }: LogLine): string => `${message} ${String(error)}`;
  const line = await daemon.line((one) => one['account'] === user && textOf(one).includes('settled'));
  assert.match(textOf(line), /nothing was settled/);
  assert.equal(await daemon.stop(), 143);
  assert.deepEqual(await marked(user), ['one', 'two']);
  const next = await startDaemon(site);
  await next.line(/^settled what was interrupted/);
  assert.equal(await next.stop(), 143);
  assert.deepEqual(await marked(user), []);
});

test('while everything is paused a daemon leaves what was interrupted as it is', async (t) => {
  const user = 'paused@example.com';
  const site = await interrupted(t, user);
  assertExit(await site.run(['pause']), 0);
  const daemon = await startDaemon(site);
  assertExit(await site.run(['resume']), 0);
  await daemon.line(/^settled what was interrupted/);
  assert.equal(await daemon.stop(), 143);
  const resumed = daemon.lines.findIndex(({ message }) => /resumed/.test(message));
  const settled = daemon.lines.findIndex(({ message }) => message.startsWith('settled'));
  assert.ok(resumed !== -1 && resumed < settled, daemon.lines.map(({ message }) => message).join('\n'));
  assert.deepEqual(await marked(user), []);
});

test('of an account that was removed meanwhile the spool is emptied, and what is open is named', async (t) => {
  const user = 'removed@example.com';
  const site = await interrupted(t, user);
  const spool = spoolOf(join(site.dir, 'spool'), { server: 'main', account: user });
  await mkdir(spool, { recursive: true });
  await writeFile(join(spool, 'left.mbox.zst'), 'mail of somebody');
  await site.configure({ users: ['other@example.com'], policies: [policy('old', 365, rarely)] });
  const daemon = await startDaemon(site);
  const { level } = await daemon.line(
    ({ message, account }) =>
      account === user &&
      /was removed while mail of it was being deleted.*Add the account again/.test(message),
  );
  assert.equal(level, 'warn');
  assert.deepEqual(await readdir(spool), []);
  assert.equal(await daemon.stop(), 143);
  assert.deepEqual(await marked(user), ['one', 'two']);

  await site.configure({ users: [user, 'other@example.com'] });
  const next = await startDaemon(site);
  await next.line(/^settled what was interrupted/);
  assert.equal(await next.stop(), 143);
  assert.deepEqual(await marked(user), []);
});
