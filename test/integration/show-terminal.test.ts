import assert from 'node:assert/strict';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startDovecot } from '../servers/dovecot.ts';
import type { SearchDocument } from './documents.ts';
import { assertExit, makeSite, policy } from './installation.ts';

// Sets the clipboard (OSC 52), clears the screen, sets the title in 8-bit form, turns the text around.
const sent = '\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u009d0;title\u009c \u202egnp.exe';

test('what a sender wrote cannot act on a terminal; pipes and --raw get the exact bytes', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const user = 'screen@example.com';
  const subject = 'hostile \u009d0;title';
  const plain = note(subject, 500);
  const text = Buffer.from(`column\tone ${sent}\r\nlast\r\n`);
  const hostile = { ...plain, raw: Buffer.concat([plain.raw, text]) };
  await seedUser(dovecot, user, [hostile, note('young', 1)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  const found = await site.run(['search', 'hostile', '--json']);
  assertExit(found, 0);
  // eslint-disable-next-line no-control-regex
  const acting = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
  assert.doesNotMatch(found.stdout, acting);
  const document: SearchDocument = JSON.parse(found.stdout);
  const [message] = document.messages;
  assert.ok(message !== undefined);

  const screen = await site.run(['show', message.id], { onTerminal: true });
  assertExit(screen, 0);
  assert.doesNotMatch(screen.stdout, acting);
  assert.doesNotMatch(screen.stdout, /\u202e/);
  assert.match(screen.stdout, /column\tone \\u\{1b\}\]52;c;ZXZpbA==\\u\{7\}\\u\{1b\}\[2J\\u\{9d\}0;title/);
  assert.match(screen.stdout, /\nlast\n/);
  for (const flags of [['--headers'], ['--json'], ['--headers', '--json']]) {
    const shown = await site.run(['show', message.id, ...flags], { onTerminal: true });
    assertExit(shown, 0);
    assert.doesNotMatch(shown.stdout, acting);
  }
  for (const exact of [
    await site.run(['show', message.id]),
    await site.run(['show', message.id, '--raw'], { onTerminal: true }),
  ]) {
    assertExit(exact, 0);
    assert.ok(exact.stdout.includes(sent));
  }
});
