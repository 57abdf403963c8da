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
