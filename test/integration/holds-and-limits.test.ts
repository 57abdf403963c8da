import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { RunDocument } from './documents.ts';
import { assertExit, makeSite, policy, said } from './installation.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const rivals = [
  'rita@rival.example',
  'Rita Vale <RITA@Rival.Example>',
  '=?utf-8?Q?Rita?= <rita@rival.example>',
];

test('held mail may be archived but is never deleted', async (t) => {
  const user = 'bob@example.com';
  await seedUser(dovecot, user, [
    ...rivals.map((from, index) => note(`held ${index}`, 500, { from })),
    note('free', 500, { from: 'rita@rival.example.org' }),
    note('free too', 500),
  ]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
    holds: [{ name: 'case-4711', accounts: ['bob@*'], match: { from: '*@rival.example' } }],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  for (const _round of [1, 2]) assertExit(await site.run(['run', '--yes']), 0);
  const selected = full.messages.filter((message) => message.subject.startsWith('free'));
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), selected);
  const listed = await site.run(['holds']);
  assertExit(listed, 0);
  assert.match(listed.stdout, /case-4711/);
  assert.match((await site.run(['holds', '--json'])).stdout, /case-4711/);
});

test('a hold on other accounts holds nothing here, and one without a match holds everything', async (t) => {
  const user = 'carol@example.com';
  await seedUser(dovecot, user, [note('one', 500), note('two', 600)]);
  const all = { name: 'leaver', accounts: ['carol@*'] };
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
    holds: [all],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  assertExit(await site.run(['run', '--yes']), 0);
  assert.deepEqual(await snapshot(dovecot, user), full);
  await site.configure({ holds: [{ ...all, accounts: ['bob@*'] }] });
  assertExit(await site.run(['run', '--yes']), 0);
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), full.messages);
});

test('flagged and draft mail stays unless the policy names that flag', async (t) => {
  const user = 'dora@example.com';
  await seedUser(dovecot, user, [
    note('plain', 500),
    note('flagged', 500, { flags: ['\\Flagged', '\\Seen'] }),
    note('draft', 500, { flags: ['\\Draft'] }),
  ]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  assertExit(await site.run(['run', '--yes']), 0);
  const rest = await snapshot(dovecot, user);
  assertExactlyGone(full, rest, site.archives(), selectByRule(full, { olderThanDays: 365 }, new Date()));
  assert.equal(rest.messages.length, 2);
  await site.configure({
    policies: [policy('old', 365, { match: { all: [{ olderThan: '365d' }, { flag: 'flagged' }] } })],
  });
  assertExit(await site.run(['run', '--yes']), 0);
  const last = await snapshot(dovecot, user);
  assert.deepEqual(
    last.messages.map((message) => message.subject),
    ['draft'],
  );
});

const limits = [
  { name: 'maxMessages', limits: { maxMessages: 3, maxPercent: 100 } },
  { name: 'maxBytes', limits: { maxBytes: '10KiB', maxPercent: 100 } },
  { name: 'maxPercent', limits: { maxPercent: 50 } },
];

for (const { name, limits: values } of limits) {
  test(`over ${name} nothing happens, the line says by how much, exit 5`, async (t) => {
    const user = `${name.toLowerCase()}@example.com`;
    const old = Array.from({ length: 8 }, (_, index) => note(`old ${index}`, 500, { size: 3_000 }));
    await seedUser(dovecot, user, [...old, note('young', 2), note('younger', 1)]);
    const site = await makeSite({
      server: { port: dovecot.port },
      users: [user],
      policies: [policy('old', 365, { limits: values })],
    });
    t.after(() => site.remove());
    const full = await snapshot(dovecot, user);
    const stopped = await site.run(['run', '--yes']);
    assertExit(stopped, 5);
    assert.match(said(stopped), new RegExp(`${name}|limit`, 'i'));
    assert.match(said(stopped), /--lift-limits/);
    assert.deepEqual(await snapshot(dovecot, user), full);
    assert.equal(site.archives().length, 0);
    const { runs } = await site.json<RunDocument>(['run', 'old', '--lift-limits', '--yes']);
    assert.equal(runs[0]?.deleted.messages, 8);
  });
}
