import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import type { RunDocument } from '../integration/documents.ts';
import { assertExit, makeSite, policy, type Site } from '../integration/installation.ts';
import { bySubject, subjects } from '../integration/subjects.ts';
import { administer, meddle } from '../oracle/meddle.ts';
import { assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const waits = policy('old', 365, { delete: { after: '7d' } });
const now = policy('old', 365);
const mail = [
  note('one', 500, { folder: 'Box' }),
  note('two', 600, { folder: 'Box' }),
  note('bystander', 3, { folder: 'Box' }),
];

interface Change {
  readonly name: string;
  readonly during: (user: string, site: Site, full: Snapshot) => Promise<void>;
  /** Configuration of the second run; default: the grace is over. */
  readonly after?: Parameters<Site['configure']>[0];
  /** Subjects left in Box after the second run. */
  readonly left: readonly string[];
  readonly deleted: number;
}

const nothing = async (): Promise<void> => {};
const changes: readonly Change[] = [
  { name: 'nothing happens: both go', during: nothing, left: ['bystander'], deleted: 2 },
  {
    name: 'a hold is added: held mail stays',
    during: nothing,
    after: { policies: [now], holds: [{ name: 'case', accounts: ['*'], match: { subject: 'two' } }] },
    left: ['bystander', 'two'],
    deleted: 1,
  },
  {
    name: 'the policy is removed: all stays',
    during: nothing,
    after: { policies: [policy('other', 9_000)] },
    left: ['bystander', 'one', 'two'],
    deleted: 0,
  },
  {
    name: 'the policy is set to plan: all stays',
    during: nothing,
    after: { policies: [{ ...now, mode: 'plan' }] },
    left: ['bystander', 'one', 'two'],
    deleted: 0,
  },
  {
    name: 'the policy no longer deletes: all stays',
    during: nothing,
    after: { policies: [{ ...now, delete: undefined }] },
    left: ['bystander', 'one', 'two'],
    deleted: 0,
  },
  {
    name: 'the policy selects less: the rest stays',
    during: nothing,
    after: { policies: [policy('old', 550)] },
    left: ['bystander', 'one'],
    deleted: 1,
  },
  {
    name: 'another client expunges a target: it counts as gone, the other one goes',
    during: (user, _, full) =>
      meddle(dovecot, user, 'Box', [
        `UID STORE ${bySubject(full, 'one').uid} +FLAGS (\\Deleted)`,
        `UID EXPUNGE ${bySubject(full, 'one').uid}`,
      ]),
    left: ['bystander'],
    deleted: 1,
  },
  {
    name: 'another client moves a target: it stays where it went',
    during: (user, _, full) => meddle(dovecot, user, 'Box', [`UID MOVE ${bySubject(full, 'one').uid} Junk`]),
    after: { policies: [policy('old', 365, { folders: { include: ['Box'] } })] },
    left: ['bystander'],
    deleted: 1,
  },
  {
    name: 'another client marks a bystander as deleted: it survives, mark and all',
    during: (user, _, full) =>
      meddle(dovecot, user, 'Box', [`UID STORE ${bySubject(full, 'bystander').uid} +FLAGS (\\Deleted)`]),
    left: ['bystander'],
    deleted: 2,
  },
  {
    name: 'another client marks a target as deleted: that one is left to that client',
    during: (user, _, full) =>
      meddle(dovecot, user, 'Box', [`UID STORE ${bySubject(full, 'one').uid} +FLAGS (\\Deleted)`]),
    left: ['bystander', 'one'],
    deleted: 1,
  },
];

for (const { name, during, after: changed, left, deleted } of changes) {
  test(`during the grace ${name}`, async (t) => {
    const user = `${name.replaceAll(/[^a-z]+/g, '-')}@example.com`;
    await seedUser(dovecot, user, mail);
    const site = await makeSite({ server: { port: dovecot.port }, users: [user], policies: [waits] });
    t.after(() => site.remove());
    const full = await snapshot(dovecot, user);
    assertExit(await site.run(['run', '--yes']), 0);
    assert.deepEqual(await snapshot(dovecot, user), full);
    await during(user, site, full);
    const meanwhile = await snapshot(dovecot, user);
    await site.configure(changed ?? { policies: [now] });
    const { runs } = await site.json<RunDocument>(['run', '--yes']);
    const end = await snapshot(dovecot, user);
    assert.deepEqual(subjects(end, 'Box'), left);
    assert.equal(
      runs.reduce((sum, run) => sum + run.deleted.messages, 0),
      deleted,
    );
    assertNothingLost(
      meanwhile,
      end,
      site.archives(),
      meanwhile.messages.filter(({ subject }) => !left.includes(subject)),
    );
    if (name.includes('marks a bystander'))
      assert.deepEqual(bySubject(end, 'bystander').flags, ['\\Deleted']);
  });
}

test('a folder that was deleted and created again voids what was pending, whatever its UIDs say', async (t) => {
  const user = 'recreated@example.com';
  await seedUser(dovecot, user, mail);
  const site = await makeSite({ server: { port: dovecot.port }, users: [user], policies: [waits] });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  await administer(dovecot, user, ['DELETE Box', 'CREATE Box']);
  const strangers = ['stranger one', 'stranger two', 'stranger three'].map((text) =>
    note(text, 100, { folder: 'Box' }),
  );
  await seedByAppend(dovecot, user, strangers);
  const recreated = await snapshot(dovecot, user);
  assert.deepEqual(
    recreated.messages.filter(({ folder }) => folder === 'Box').map(({ uid }) => uid),
    [1, 2, 3],
  );
  await site.configure({ policies: [now] });
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.ok(runs.every(({ deleted }) => deleted.messages === 0));
  assert.deepEqual(await snapshot(dovecot, user), recreated);
});

test('two folders that swapped their names are not taken for each other', async (t) => {
  const user = 'swapped@example.com';
  const others = mail.map((_, index) => note(`other ${index}`, 500 + index, { folder: 'Other' }));
  await seedUser(dovecot, user, [...mail, ...others]);
  const include = { folders: { include: ['Box'] } };
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { ...include, delete: { after: '7d' } })],
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  await administer(dovecot, user, ['RENAME Box Middle', 'RENAME Other Box', 'RENAME Middle Other']);
  const swapped = await snapshot(dovecot, user);
  await site.configure({ policies: [policy('old', 365, include)] });
  assertExit(await site.run(['run', '--yes']), 0);
  // Whatever left the new Box left under its own name, after a copy of its own.
  const inBox = swapped.messages.filter(({ folder }) => folder === 'Box');
  const end = await snapshot(dovecot, user);
  assertNothingLost(swapped, end, site.archives(), inBox);
  assert.deepEqual(subjects(end, 'Other'), ['bystander', 'one', 'two']);
});
