import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';

const config = `
protocol imap {
  mail_plugins = $mail_plugins virtual
}
namespace virtual {
  prefix = virtual/
  separator = /
  location = virtual:%h/virtual:INDEX=MEMORY
}
namespace smart {
  prefix = Smart/
  separator = /
  location = virtual:%h/smart:INDEX=MEMORY
  mailbox Everything {
    special_use = \\All
  }
}
namespace inbox {
  mailbox Stars {
    special_use = \\Flagged
    auto = create
  }
}
`;

test('folders that mirror others are neither archived nor purged: the real ones would be emptied', async (t) => {
  const dovecot = await startDovecot({ extraConfig: config });
  t.after(() => dovecot.stop());
  const user = 'mirrored@example.com';
  await seedByAppend(dovecot, user, [
    note('in', 500),
    note('kept', 500, { folder: 'Keep' }),
    note('star', 500, { folder: 'Stars' }),
    note('young', 3),
  ]);
  for (const [place, name] of [
    ['virtual', 'all'],
    ['smart', 'Everything'],
  ] as const) {
    const folder = join(dovecot.mailDir, user, place, name);
    await mkdir(folder, { recursive: true, mode: 0o777 });
    await writeFile(join(folder, 'dovecot-virtual'), 'INBOX\nKeep\n  all\n');
  }
  const full = await snapshot(dovecot, user);
  for (const mirror of ['virtual/all', 'Smart/Everything'])
    assert.deepEqual(subjects(full, mirror), ['in', 'kept', 'young'], 'the virtual plugin is at work');
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { folders: { include: ['**'], exclude: ['Keep'] } })],
  });
  t.after(() => site.remove());
  for (const _round of [1, 2]) assertExit(await site.run(['run', '--yes']), 0);
  const real = (now: typeof full): typeof full => ({
    ...now,
    messages: now.messages.filter(({ folder }) => !/^(virtual|Smart)\//.test(folder)),
  });
  const gone = full.messages.filter(({ folder, subject }) => folder === 'INBOX' && subject === 'in');
  const now = await snapshot(dovecot, user);
  assertExactlyGone(real(full), real(now), site.archives(), gone);
  assert.deepEqual(
    site.archives().map(({ head }) => head.folder),
    ['INBOX'],
  );
});
