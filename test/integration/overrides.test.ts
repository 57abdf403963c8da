/** Overrides of a policy for single mailboxes, on a real server. */
import assert from 'node:assert/strict';
import test, { after, before, type TestContext } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { clockOffBy } from '../fault/off-by.ts';
import { administer, meddle } from '../oracle/meddle.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { afterDowntime, startDaemon } from './daemon.ts';
import type { ArchivesDocument, PlanDocument } from './documents.ts';
import { assertExit, makeSite, policy, said, type Site, type SiteWish } from './installation.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot({ quotaBytes: 200 * 1024 });
});

after(() => dovecot.stop());

interface Thresholds {
  readonly plans: readonly { readonly messages: number; readonly quotaAbove: number }[];
}

async function siteOf(t: TestContext, users: readonly string[], wish: Partial<SiteWish>): Promise<Site> {
  const site = await makeSite({ server: { port: dovecot.port }, users, policies: [], ...wish });
  t.after(() => site.remove());
  return site;
}

/** The days after which a policy's second run finds its grace over. */
const nextWeek = { clock: clockOffBy(8) };

test('one mailbox keeps older mail and a folder that its policy takes from all others', async (t) => {
  const [plain, spared] = ['plain@over.example', 'spared@over.example'];
  for (const user of [plain, spared])
    await seedUser(dovecot, user, [
      note('ancient', 2500),
      note('old', 500),
      note('old, kept', 2500, { folder: 'Keep' }),
      note('young', 3),
    ]);
  const override = { accounts: ['spared@*'], match: { olderThan: '5y' }, folders: { exclude: ['Keep'] } };
  const site = await siteOf(t, [plain, spared], {
    policies: [policy('old', 365, { overrides: [override] })],
  });
  const { plans } = await site.json<PlanDocument>(['plan']);
  assert.deepEqual(
    plans.map(({ account, messages }) => [account, messages]),
    [
      [plain, 3],
      [spared, 1],
    ],
  );
  assert.match((await site.run(['validate'])).stdout, /^ {2}old: .*: older than 365d; 1 override$/m);
  const detail = await site.run(['plan', '--account', spared]);
  assert.match(
    detail.stdout,
    /override for spared@\*: only mail that is also older than 5y; not from Keep\n/,
  );
  assert.doesNotMatch((await site.run(['plan', '--account', plain])).stdout, /override/);
  assert.match((await site.run(['plan', '--quiet'])).stdout, /with an override on 1 account/);

  const full = { plain: await snapshot(dovecot, plain), spared: await snapshot(dovecot, spared) };
  assertExit(await site.run(['run', '--yes']), 0);
  const gone = (from: typeof full.plain, subjects: readonly string[]) =>
    from.messages.filter(({ subject }) => subjects.includes(subject));
  const archives = site.archives();
  const of = (account: string) => archives.filter(({ head }) => head.account === account);
  assertExactlyGone(
    full.plain,
    await snapshot(dovecot, plain),
    of(plain),
    gone(full.plain, ['ancient', 'old', 'old, kept']),
  );
  assertExactlyGone(full.spared, await snapshot(dovecot, spared), of(spared), gone(full.spared, ['ancient']));
  const hashes = new Set(archives.map(({ head }) => `${head.account} ${head.policyHash}`));
  assert.equal(hashes.size, 2, 'manifests have the hash of the policy as it is for the account');
  assert.equal(new Set(archives.map(({ head }) => head.policyHash)).size, 2);
});

test('mail whose grace has begun stays when an override says so before its deletion', async (t) => {
  const user = 'late@over.example';
  await seedUser(dovecot, user, [note('a', 500), note('b', 600), note('c', 2500)]);
  const old = (more: object) => policy('old', 365, { delete: { after: '7d' }, ...more });
  const site = await siteOf(t, [user], { policies: [old({})] });
  const full = await snapshot(dovecot, user);
  assertExit(await site.run(['run', '--yes']), 0);
  await site.configure({
    policies: [old({ overrides: [{ accounts: [user], match: { olderThan: '5y' } }] })],
  });
  const second = await site.run(['run', '--yes'], nextWeek);
  assertExit(second, 0);
  assertExactlyGone(
    full,
    await snapshot(dovecot, user),
    site.archives(),
    full.messages.filter(({ subject }) => subject === 'c'),
  );
  assert.match(said(second), /kept: 2 \(does not match\)/);
});

test('a longer grace of one mailbox is waited for', async (t) => {
  const [soon, later] = ['soon@over.example', 'later@over.example'];
  for (const user of [soon, later]) await seedUser(dovecot, user, [note('a', 500)]);
  const override = { accounts: [later], delete: { after: '30d' } };
  const site = await siteOf(t, [soon, later], {
    policies: [policy('old', 365, { delete: { after: '7d' }, overrides: [override] })],
  });
  const full = await snapshot(dovecot, later);
  assertExit(await site.run(['run', '--yes']), 0);
  assertExit(await site.run(['run', '--yes'], nextWeek), 0);
  assert.equal((await snapshot(dovecot, soon)).messages.length, 0);
  assert.deepEqual(await snapshot(dovecot, later), full);
  assertExit(await site.run(['run', '--yes'], { clock: clockOffBy(31) }), 0);
  assert.equal((await snapshot(dovecot, later)).messages.length, 0);
});

test('another threshold starts a drain later, or earlier, in one mailbox', async (t) => {
  const users = ['usual@over.example', 'late@drain.example', 'early@drain.example'];
  const kibi = (size: number) => ({ size: size * 1024 });
  await seedUser(dovecot, users[0] ?? '', [note('a', 900, kibi(95)), note('b', 800, kibi(92))]);
  await seedUser(dovecot, users[1] ?? '', [note('a', 900, kibi(95)), note('b', 800, kibi(92))]);
  await seedUser(dovecot, users[2] ?? '', [note('a', 900, kibi(60)), note('b', 800, kibi(60))]);
  const drain = policy('drain', 30, {
    when: { quotaAbove: '90%' },
    drainTo: '70%',
    overrides: [
      { accounts: ['late@*'], when: { quotaAbove: '99%' }, drainTo: '97%' },
      { accounts: ['early@*'], when: { quotaAbove: '50%' }, drainTo: '40%' },
    ],
  });
  const site = await siteOf(t, users, { policies: [drain] });
  const { plans } = await site.json<Thresholds>(['plan']);
  assert.deepEqual(
    plans.map(({ messages, quotaAbove }) => [messages, quotaAbove]),
    [
      [1, 90],
      [0, 99],
      [1, 50],
    ],
  );
  const late = await site.run(['plan', '--account', 'late@*']);
  assert.match(late.stdout, /drain on late@drain\.example \(enforced; starts at 99 %, drains to 97 %\)/);
  assert.match(late.stdout, /nothing to do: the quota is at 9\d\.\d %; the policy starts at 99 %/);
  assertExit(await site.run(['run', '--yes']), 0);
  for (const [index, left] of [1, 2, 1].entries())
    assert.equal((await snapshot(dovecot, users[index] ?? '')).messages.length, left, users[index]);
});

test('another policy is not waited for on a mailbox where its override lets it want no copy', async (t) => {
  const user = 'both@over.example';
  await seedUser(dovecot, user, [note('a', 500), note('b', 2500)]);
  const copies = policy('copies', 365, {
    delete: undefined,
    overrides: [{ accounts: [user], match: { olderThan: '5y' } }],
  });
  const site = await siteOf(t, [user], { policies: [policy('old', 365), copies] });
  const full = await snapshot(dovecot, user);
  // Only what `copies` wants for this mailbox too has to wait for its copy.
  await site.run(['run', 'old', '--yes']);
  assertExactlyGone(
    full,
    await snapshot(dovecot, user),
    site.archives(),
    full.messages.filter(({ subject }) => subject === 'a'),
  );
});

test('an owner keeps mail by a keyword or a folder, also when its grace has begun', async (t) => {
  const user = 'owner@over.example';
  await seedUser(dovecot, user, [note('tagged', 900), note('moved', 900), note('left', 900)]);
  await administer(dovecot, user, ['CREATE Keep']);
  const owners = policy('owners-decide', 365, {
    folders: { exclude: ['Keep', 'Keep/**'] },
    match: { all: [{ olderThan: '1y' }, { not: { keyword: 'keep' } }] },
    delete: { after: '7d' },
  });
  const site = await siteOf(t, [user], { policies: [owners] });
  assertExit(await site.run(['run', '--yes']), 0);
  const uids = new Map((await snapshot(dovecot, user)).messages.map(({ subject, uid }) => [subject, uid]));
  await meddle(dovecot, user, 'INBOX', [
    `UID STORE ${uids.get('tagged')} +FLAGS (keep)`,
    `UID MOVE ${uids.get('moved')} Keep`,
  ]);
  assertExit(await site.run(['run', '--yes'], nextWeek), 0);
  const left = (await snapshot(dovecot, user)).messages.map(({ folder, subject }) => `${folder}: ${subject}`);
  assert.deepEqual(left.toSorted(), ['INBOX: tagged', 'Keep: moved']);
});

test('the daemon follows the policy as it is for each mailbox', async (t) => {
  const [plain, spared] = ['daily@over.example', 'rare@over.example'];
  for (const user of [plain, spared]) await seedUser(dovecot, user, [note('a', 500), note('b', 2500)]);
  const site = await siteOf(t, [plain, spared], {
    policies: [
      policy('old', 365, {
        schedule: `${(new Date().getUTCMinutes() + 30) % 60} * * * *`,
        overrides: [{ accounts: [spared], match: { olderThan: '5y' } }],
      }),
    ],
    extra: { http: { listen: '127.0.0.1:0' }, daemon: { jitter: '1s' } },
  });
  await afterDowntime(site, 30);
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  for (const user of [plain, spared])
    await daemon.line(({ message, account }) => account === user && message.startsWith('old: success'));
  const left = async (user: string) => (await snapshot(dovecot, user)).messages.map(({ subject }) => subject);
  assert.deepEqual([await left(plain), await left(spared)], [[], ['a']]);
  await daemon.stop();
});

test('archives of one mailbox are kept for longer than those of the others', async (t) => {
  const [usual, longer] = ['usual@keep.example', 'longer@keep.example'];
  for (const user of [usual, longer]) await seedUser(dovecot, user, [note('a', 500)]);
  const site = await siteOf(t, [usual, longer], {
    policies: [policy('old', 365, { retain: '30d', overrides: [{ accounts: [longer], retain: 'forever' }] })],
  });
  assertExit(await site.run(['run', '--yes']), 0);
  const removal = await site.run(['expire', '--yes', '--lift-limits'], { clock: clockOffBy(40) });
  assertExit(removal, 0);
  assert.match(removal.stdout, /kept: 1 archive \(its policy old keeps archives of this account for good\)/);
  const { archives } = await site.json<ArchivesDocument>(['archives']);
  assert.deepEqual(
    new Map(archives.map(({ account, state }) => [account, state])),
    new Map([
      [longer, 'verified'],
      [usual, 'expired'],
    ]),
  );
});
