import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import type { RunDocument } from '../integration/documents.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { findFiles } from '../oracle/archives.ts';
import { assertExactlyGone, assertSameMail } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const names = [
  'a',
  'A',
  'café'.normalize('NFC'),
  'café'.normalize('NFD'),
  'R&D',
  '&-&',
  'con',
  'sp ace ',
  '"quoted" \\back',
  '日本語/プロジェクト',
  'ß'.repeat(30),
  'deep/er/and/deeper',
  '%s$(id)`id`;',
  '[INBOX]',
];

test('folder names that trap careless programs neither collide nor escape from the archive', async (t) => {
  const user = '..@example.com';
  await seedByAppend(
    dovecot,
    user,
    names.map((folder, index) => note(`in folder ${index}`, 500, { folder })),
  );
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const earlier = readdirSync(site.dir);
  const full = await snapshot(dovecot, user);
  assert.equal(full.messages.length, names.length);
  assertExit(await site.run(['run', '--yes']), 0);
  const archives = site.archives();
  assertExactlyGone(full, await snapshot(dovecot, user), archives, full.messages);
  assert.equal(archives.length, names.length);
  const made = readdirSync(site.dir).filter(
    (name) => !earlier.includes(name) && !name.startsWith('mothball.db'),
  );
  assert.ok(
    made.every(
      (name) => ['archive', 'spool', '.spool', 'mothball-spool'].includes(name) || /spool|lock/.test(name),
    ),
    made.join(),
  );
  assert.ok(
    findFiles(site.archiveDir, '').every((path) => /^[\w./@=+-]+$/.test(path)),
    'keys are plain ASCII',
  );
  for (const { head } of archives) assertExit(await site.run(['restore', head.id, '--yes']), 0);
  assertSameMail(full, await snapshot(dovecot, user));
});

test('mail with a received date before 1980 or in the future stays', async (t) => {
  const user = 'dates@example.com';
  const odd = [
    { ...note('epoch', 0), internalDate: new Date('1970-01-01T00:00:01Z') },
    { ...note('seventies', 0), internalDate: new Date('1979-12-30T00:00:00Z') },
    note('tomorrow', -2),
    note('next decade', -3_000),
    note('old', 500),
  ];
  await seedByAppend(dovecot, user, odd);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.equal(runs[0]?.deleted.messages, 1);
  const old = full.messages.filter(({ subject }) => subject === 'old');
  assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), old);
});
