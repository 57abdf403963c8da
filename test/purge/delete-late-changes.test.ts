import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { bySubject, subjects } from '../integration/subjects.ts';
import { meddle } from '../oracle/meddle.ts';
import { assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;
/** The same mail on a server without CONDSTORE: only the flags can tell that somebody was faster. */
let simple: Dovecot;

before(async () => {
  dovecot = await startDovecot();
  simple = await startDovecot({
    shareMailOf: dovecot,
    capability: 'IMAP4rev1 LITERAL+ SASL-IR ID ENABLE SPECIAL-USE NAMESPACE QUOTA UIDPLUS',
  });
});

after(async () => {
  await simple.stop();
  await dovecot.stop();
});

const moments = { 'between recheck and STORE': 'UID STORE', 'after our STORE': 'UID FETCH' };
const changes: readonly {
  readonly name: string;
  /** With `#` for the UID. */
  readonly command: string;
  /** Where the message is after the run and after the next one; null: archived and gone. */
  readonly first: string | null;
  readonly next: string | null;
}[] = [
  { name: 'flags it', command: 'UID STORE # +FLAGS (\\Flagged)', first: 'INBOX', next: 'INBOX' },
  { name: 'reads it', command: 'UID STORE # +FLAGS (\\Seen)', first: 'INBOX', next: null },
  { name: 'tags it', command: 'UID STORE # +FLAGS ($Mine)', first: 'INBOX', next: null },
  { name: 'moves it', command: 'UID MOVE # Junk', first: 'Junk', next: 'Junk' },
];

for (const [moment, at] of Object.entries(moments)) {
  for (const [kind, server] of Object.entries({ CONDSTORE: () => dovecot, 'no CONDSTORE': () => simple })) {
    test(`when a user changes targets ${moment} (${kind}), those stay, and the others go`, async (t) => {
      const user = `late-${at}-${kind}@example.com`.toLowerCase().replaceAll(' ', '-');
      await seedUser(dovecot, user, [
        ...changes.map(({ name }) => note(name, 500)),
        note('untouched', 500),
        note('young', 3),
      ]);
      const full = await snapshot(dovecot, user);
      let stored = false;
      let done = false;
      const proxy = await startProxy(server(), {
        async onCommand({ name }): Promise<'pass'> {
          if (!done && name === at && (stored || at === 'UID STORE')) {
            done = true;
            const commands = changes.map(({ command, name: subject }) =>
              command.replace('#', String(bySubject(full, subject).uid)),
            );
            await meddle(dovecot, user, 'INBOX', commands);
          }
          stored ||= name === 'UID STORE';
          return 'pass';
        },
      });
      t.after(() => proxy.stop());
      const site = await makeSite({
        server: { port: proxy.port },
        users: [user],
        policies: [policy('old', 365, { folders: { include: ['INBOX'] } })],
      });
      t.after(() => site.remove());
      for (const round of ['first', 'next'] as const) {
        assertExit(await site.run(['run', '--yes']), 0);
        assert.ok(done);
        const now = await snapshot(dovecot, user);
        assertNothingLost(full, now, site.archives(), full.messages);
        const inbox = changes.filter((change) => change[round] === 'INBOX').map(({ name }) => name);
        assert.deepEqual(subjects(now, 'INBOX'), [...inbox, 'young'].toSorted(), `${round} run`);
        const marked = now.messages.filter(
          ({ folder, flags }) => folder === 'INBOX' && flags.includes('\\Deleted'),
        );
        assert.deepEqual(marked, [], 'a \\Deleted mark was left behind');
        assert.deepEqual(subjects(now, 'Junk'), ['moves it']);
      }
    });
  }
}

test('in mode trash, what a user flags, tags or moves after the recheck stays where it is', async (t) => {
  const user = 'late-trash@example.com';
  await seedUser(dovecot, user, [...changes.map(({ name }) => note(name, 500)), note('untouched', 500)]);
  const full = await snapshot(dovecot, user);
  let selects = 0;
  const proxy = await startProxy(dovecot, {
    async onCommand({ name }): Promise<'pass'> {
      // The first SELECT is the recheck's, the second that of the deletion.
      if (name === 'SELECT') selects += 1;
      if (name !== 'SELECT' || selects !== 2) return 'pass';
      const commands = changes.map(({ command, name: subject }) =>
        command.replace('#', String(bySubject(full, subject).uid)),
      );
      await meddle(dovecot, user, 'INBOX', commands);
      return 'pass';
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port },
    users: [user],
    policies: [
      policy('old', 365, { folders: { include: ['INBOX'] }, delete: { after: '0d', mode: 'trash' } }),
    ],
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  const now = await snapshot(dovecot, user);
  assertNothingLost(full, now, site.archives(), full.messages);
  assert.deepEqual(subjects(now, 'INBOX'), ['flags it', 'reads it', 'tags it']);
  assert.deepEqual(subjects(now, 'Trash'), ['untouched']);
});
