import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { mailbox, note } from '../corpus/mailbox.ts';
import { assertExactlyGone, assertSameMail } from '../oracle/nothing-lost.ts';
import { oldestUntilUnder, selectByRule } from '../oracle/selection.ts';
import { snapshot, storageQuota } from '../oracle/snapshot.ts';
import { type Cyrus, startCyrus } from '../servers/cyrus.ts';
import type { PlanDocument, QuotaDocument, RunDocument } from './documents.ts';
import { assertExit, describe, makeSite, policy } from './installation.ts';

const host = '127.0.0.1' as const;
let immediate: Cyrus;
let delayed: Cyrus;

before(async () => {
  [immediate, delayed] = await Promise.all([
    startCyrus({ users: ['bob', 'full'], quotaKb: 20_000, separator: '.', expunge: 'immediate' }),
    startCyrus({ users: ['bob'], quotaKb: 20_000, separator: '.', expunge: 'delayed' }),
  ]);
});

after(() => Promise.all([immediate.stop(), delayed.stop()]));

for (const [expunge, server] of [
  ['immediate', () => immediate] as const,
  ['delayed', () => delayed] as const,
]) {
  test(`on Cyrus with ${expunge} expunge and "." between folder levels, mail leaves and comes back`, async (t) => {
    const cyrus = { host, port: server().port };
    await seedByAppend(
      cyrus,
      'bob',
      [
        ...mailbox({
          seed: 60,
          count: 60,
          folders: ['INBOX', 'INBOX/Work/2020', 'INBOX/Zdjęcia'],
          meanSize: 4_000,
        }),
        note('keeper', 900, { folder: 'INBOX/Keep' }),
      ],
      { delimiter: '.' },
    );
    const site = await makeSite({
      server: { port: cyrus.port },
      users: ['bob'],
      policies: [policy('old', 365, { folders: { include: ['**'], exclude: ['Keep'] } })],
    });
    t.after(() => site.remove());
    const full = await snapshot(cyrus, 'bob');
    const selected = selectByRule(full, { olderThanDays: 365, notFolders: ['INBOX.Keep'] }, new Date());
    const { accounts } = await site.json<QuotaDocument>(['quota']);
    assert.equal(accounts[0]?.roots[0]?.limitBytes, 20_000 * 1_024);

    const { runs } = await site.json<RunDocument>(['run', '--yes']);
    assert.equal(runs[0]?.deleted.messages, selected.length);
    assertExactlyGone(full, await snapshot(cyrus, 'bob'), site.archives(), selected);
    assertExit(await site.run(['restore', '--all', '--yes']), 0);
    const back = await snapshot(cyrus, 'bob');
    assertSameMail(full, back);
    assertExit(await site.run(['restore', '--all', '--yes']), 0);
    assert.deepEqual(await snapshot(cyrus, 'bob'), back);
  });
}

test('on Cyrus a drain stops at its target, oldest first', async (t) => {
  const cyrus = { host, port: immediate.port };
  await seedByAppend(
    cyrus,
    'full',
    Array.from({ length: 96 }, (_, index) => note(`fill ${index}`, 100 + index, { size: 200_000 })),
  );
  const site = await makeSite({
    server: { port: cyrus.port },
    users: ['full'],
    policies: [
      {
        name: 'drain',
        mode: 'enforce',
        when: { quotaAbove: '90%' },
        drainTo: '75%',
        match: { olderThan: '30d' },
        archive: { to: 'local' },
        delete: {},
      },
    ],
  });
  t.after(() => site.remove());
  const full = await snapshot(cyrus, 'full');
  const { used, limit } = await storageQuota(cyrus, 'full');
  assert.ok(used > 0.9 * limit);
  const expected = oldestUntilUnder(full.messages, used, 0.75 * limit);
  const { plans } = await site.json<PlanDocument>(['plan']);
  assert.equal(plans[0]?.messages, expected.length);
  const run = await site.run(['run', '--yes']);
  assertExit(run, 0);
  assertExactlyGone(full, await snapshot(cyrus, 'full'), site.archives(), expected);
  assert.ok((await storageQuota(cyrus, 'full')).used < 0.75 * limit, describe(run));
});
