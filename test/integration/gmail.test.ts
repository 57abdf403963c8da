import assert from 'node:assert/strict';
import test from 'node:test';
import { gmailWorld, held, mail } from './gmail-site.ts';
import { assertExit, describe, policy } from './installation.ts';

test('on Gmail each message is archived once, however many labels it has, and removed from Trash at last', async (t) => {
  const world = await gmailWorld(t, [
    mail('one', ['\\Inbox', 'Work', '\\Important']),
    mail('two', ['\\Sent']),
    mail('three', []),
  ]);
  const result = await world.site.run(['run', '--yes']);
  assertExit(result, 0);
  const lines = world.site.archives().flatMap(({ messages }) => messages);
  assert.equal(lines.length, 3, describe(result));
  assert.deepEqual(held(world), []);
});

const everything = [
  mail('one', ['\\Inbox', 'Work', '\\Important']),
  mail('two', ['\\Sent', 'Clients/Zo&AOs-', 'a "quoted" label'], { flags: ['\\Seen'] }),
  mail('three', []),
  mail('starred', ['\\Inbox'], { flags: ['\\Flagged'] }),
  mail('spam', [], { place: 'spam' }),
  mail('thrown away', [], { place: 'trash' }),
  mail('young', ['\\Inbox'], { internalDate: today() }),
];

function today(): string {
  const [, day, month, year] = new Date().toUTCString().split(' ');
  return `${day}-${month}-${year} 00:00:00 +0000`;
}

test('a restore puts every message back once, with exactly the labels it had', async (t) => {
  const only = policy('old', 365, { folders: { include: ['**'], exclude: ['role:junk', 'role:trash'] } });
  const world = await gmailWorld(t, everything, [only]);
  const before = held(world);
  assertExit(await world.site.run(['run', '--yes']), 0);
  assert.equal(world.mailbox.messages.length, 4, held(world).join('\n'));
  assertExit(await world.site.run(['restore', '--all', '--yes']), 0);
  assert.deepEqual(held(world), before);
  assertExit(await world.site.run(['restore', '--all', '--yes']), 0);
  assert.deepEqual(held(world), before);
  assertExit(await world.site.run(['run', '--yes']), 0);
  assert.deepEqual(held(world), before, 'what was restored is left alone');
});

test('only mail of which every label is selected and none is excluded leaves; the rest is untouched', async (t) => {
  const rule = policy('old', 365, {
    folders: { include: ['INBOX', 'role:sent', 'Work/**'], exclude: ['Keep'] },
  });
  const world = await gmailWorld(
    t,
    [
      mail('inbox', ['\\Inbox', '\\Important']),
      mail('both', ['\\Sent', 'Work/Clients']),
      mail('excluded', ['\\Inbox', 'Keep']),
      mail('one more label', ['\\Inbox', 'Home']),
      mail('another', ['Home']),
      mail('without labels', []),
      mail('draft', ['\\Draft', '\\Inbox'], { flags: ['\\Draft'] }),
    ],
    [rule],
  );
  const stays = held(world).filter((line) => !/^(?:inbox|both):/.test(line));
  const { runs } = await world.site.json<Runs>(['run', '--yes']);
  assert.deepEqual(held(world), stays);
  assert.equal(world.site.archives().flatMap(({ messages }) => messages).length, 2);
  assert.deepEqual(runs[0]?.skipped.map(({ code, messages }) => `${messages} ${code}`).toSorted(), [
    '1 label-excluded',
    '1 label-not-selected',
    '1 label-not-selected',
  ]);
});

interface Runs {
  readonly runs: readonly {
    readonly deleted: { readonly messages: number; readonly bytes: number };
    readonly skipped: readonly { readonly code: string; readonly messages: number }[];
  }[];
}

test('a policy that only archives takes mail with one selected label, and none with an excluded one', async (t) => {
  const { delete: _deletes, ...archives } = policy('old', 365, {
    folders: { include: ['INBOX'], exclude: ['Keep'] },
  });
  const messages = [mail('a', ['\\Inbox', 'Home']), mail('b', ['\\Inbox', 'Keep']), mail('c', ['Home'])];
  const world = await gmailWorld(t, messages, [archives]);
  const before = held(world);
  assertExit(await world.site.run(['run', '--yes']), 0);
  const lines = world.site.archives().flatMap((archive) => archive.messages);
  assert.deepEqual(
    lines.map(({ bytes }) => /Subject: (\w)/.exec(bytes.toString())?.[1]),
    ['a'],
  );
  assert.deepEqual(held(world), before);
});

for (const [name, label] of [
  ['[Gmail]/All Mail', 'All Mail'],
  ['[Gmail]/Trash', 'Trash'],
] as const) {
  test(`with "${label}" hidden from IMAP nothing is deleted, and the error names the setting`, async (t) => {
    const world = await gmailWorld(t, everything);
    world.mailbox.hidden.add(name);
    const before = held(world);
    const result = await world.site.run(['run', '--yes']);
    assertExit(result, 1);
    assert.match(
      result.stderr,
      new RegExp(`hides the folder "${label}" from IMAP.*"Show in IMAP" beside "${label}"`),
    );
    assert.deepEqual(held(world), before);
    const tested = await world.site.run(['accounts', '--test']);
    assertExit(tested, 3);
    assert.match(tested.stderr, new RegExp(`hides "${label}" from IMAP`));
  });
}

test('Trash that is hidden while mail waits for its grace keeps that mail', async (t) => {
  const world = await gmailWorld(
    t,
    [mail('one', ['\\Inbox'])],
    [policy('old', 365, { delete: { after: '1d' } })],
  );
  assertExit(await world.site.run(['run', '--yes']), 0);
  world.mailbox.hidden.add('[Gmail]/Trash');
  const before = held(world);
  const clock = { now: () => new Date(Date.now() + 3 * 86_400_000) };
  assertExit(await world.site.run(['run', '--yes'], { clock }), 1);
  assert.deepEqual(held(world), before);
});

test('mode trash leaves mail in Trash, where nothing counts as freed and nothing is archived again', async (t) => {
  const world = await gmailWorld(
    t,
    [mail('one', ['\\Inbox', 'Work']), mail('thrown away', [], { place: 'trash' })],
    [policy('old', 365, { folders: { include: ['**'] }, delete: { after: '0d', mode: 'trash' } })],
  );
  const { runs } = await world.site.json<Runs>(['run', '--yes']);
  assert.deepEqual(runs[0]?.deleted, { messages: 1, bytes: 0 });
  assert.ok(runs[0].skipped.some(({ code }) => code === 'left-in-trash'));
  assert.deepEqual(held(world), ['one: trash [] ()', 'thrown away: trash [] ()']);
  const copies = (): number => world.site.archives().flatMap(({ messages }) => messages).length;
  assert.equal(copies(), 2, 'what its owner threw away is archived by ** too');
  await world.site.run(['run', '--yes']);
  assert.equal(copies(), 2);
  assert.deepEqual(held(world), ['one: trash [] ()', 'thrown away: trash [] ()']);
});

test('\\Deleted and EXPUNGE are sent in Trash only, and what its owner threw away stays there', async (t) => {
  const exclude = { folders: { include: ['**'], exclude: ['role:trash'] } };
  const world = await gmailWorld(t, everything, [policy('old', 365, exclude)]);
  world.mailbox.add(mail('marked by another', [], { place: 'trash', flags: ['\\Deleted'] }));
  assertExit(await world.site.run(['run', '--yes']), 0);
  const changes = world.gmail.log.filter((line) => /UID (?:STORE.*Deleted|EXPUNGE)/.test(line));
  assert.ok(changes.length >= 4);
  for (const line of changes) assert.match(line, /^\[Gmail\]\/Trash: /);
  const stays = held(world).filter((line) => line.includes(': trash '));
  assert.deepEqual(stays, ['marked by another: trash [] (\\Deleted)', 'thrown away: trash [] ()']);
});

test('a drain frees only what has left Trash, and stops while the quota falls late', async (t) => {
  const big = 'x'.repeat(70).concat('\r\n').repeat(140);
  const messages = Array.from({ length: 10 }, (_, index) => {
    const { body } = mail(`big ${index}`, ['\\Inbox']);
    return { body: `${String(body)}${big}`, labels: ['\\Inbox'] };
  });
  const drain = policy('drain', 30, { when: { quotaAbove: '80%' }, drainTo: '60%', delete: {} });
  const world = await gmailWorld(t, messages, [drain], { limitBytes: 110 * 1024 });
  const result = await world.site.run(['run', '--yes']);
  assertExit(result, 3);
  assert.match(result.stderr, /the quota did not fall as expected/);
  const left = world.mailbox.messages.length;
  assert.ok(left >= 5 && left < 10, `${left} are left`);
  world.mailbox.settleQuota();
  assertExit(await world.site.run(['run', '--yes']), 0);
  assert.equal(world.mailbox.messages.length, left);
});

test('a drain to Trash is refused, as Trash shares the quota', async (t) => {
  const drain = policy('drain', 30, {
    when: { quotaAbove: '2%' },
    drainTo: '1%',
    delete: { after: '0d', mode: 'trash' },
  });
  const world = await gmailWorld(t, [mail('one', ['\\Inbox'])], [drain], { limitBytes: 20 * 1024 });
  const before = held(world);
  const result = await world.site.run(['run', '--yes']);
  assertExit(result, 1);
  assert.match(result.stderr, /under the same root/);
  assert.deepEqual(held(world), before);
});
