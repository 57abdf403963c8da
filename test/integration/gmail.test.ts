import assert from 'node:assert/strict';
import test from 'node:test';
import { gmailWorld, held, mail } from './gmail-site.ts';
import { assertExit, describe } from './installation.ts';

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
