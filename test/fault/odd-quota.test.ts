import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import type { RunDocument } from '../integration/documents.ts';
import { describe, makeSite } from '../integration/installation.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { startProxy } from './imap-proxy.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const drain = {
  name: 'drain',
  mode: 'enforce',
  when: { quotaAbove: '90%' },
  drainTo: '75%',
  match: { olderThan: '30d' },
  archive: { to: 'local' },
  delete: {},
  limits: { maxPercent: 100 },
};

/** Untagged answers to GETQUOTAROOT in place of the server's own. `deletes`: how many of 20 messages may go. */
const answers: readonly {
  readonly name: string;
  readonly quota: readonly string[];
  readonly deletes: boolean;
}[] = [
  { name: 'has no quota root', quota: ['* QUOTAROOT INBOX'], deletes: false },
  {
    name: 'has a root without resources',
    quota: ['* QUOTAROOT INBOX "u"', '* QUOTA "u" ()'],
    deletes: false,
  },
  {
    name: 'has a limit of 0',
    quota: ['* QUOTAROOT INBOX "u"', '* QUOTA "u" (STORAGE 95 0)'],
    deletes: false,
  },
  {
    name: 'has a limit beyond 2^53',
    quota: ['* QUOTAROOT INBOX "u"', '* QUOTA "u" (STORAGE 95 9223372036854775807)'],
    deletes: false,
  },
  {
    name: 'has two roots, of which one is full',
    quota: ['* QUOTAROOT INBOX "a" "b"', '* QUOTA "a" (STORAGE 10 1000)', '* QUOTA "b" (STORAGE 95 100)'],
    deletes: true,
  },
  {
    name: 'counts messages only',
    quota: ['* QUOTAROOT INBOX ""', '* QUOTA "" (MESSAGE 20 20)'],
    deletes: true,
  },
  { name: 'is not full', quota: ['* QUOTAROOT INBOX "u"', '* QUOTA "u" (STORAGE 89 100)'], deletes: false },
];

for (const [index, { name, quota, deletes }] of answers.entries()) {
  test(`a drain ${deletes ? 'acts' : 'does nothing'} where the server ${name}`, async (t) => {
    const user = `quota${index}@example.com`;
    await seedUser(
      dovecot,
      user,
      Array.from({ length: 20 }, (_, serial) => note(`old ${serial}`, 100 + serial, { size: 3_000 })),
    );
    const proxy = await startProxy(dovecot, {
      onCommand: ({ name: command, tag, rest }) => {
        if (command === 'GETQUOTA') return { reply: `${quota.slice(1).join('\r\n')}\r\n${tag} OK\r\n` };
        if (command !== 'GETQUOTAROOT') return 'pass';
        const lines = quota.map((line) => line.replace('QUOTAROOT INBOX', `QUOTAROOT ${rest}`));
        return { reply: `${lines.join('\r\n')}\r\n${tag} OK done\r\n` };
      },
    });
    t.after(() => proxy.stop());
    const site = await makeSite({ server: { port: proxy.port }, users: [user], policies: [drain] });
    t.after(() => site.remove());
    const full = await snapshot(dovecot, user);
    const run = await site.run(['run', '--yes', '--json']);
    const { runs }: RunDocument = JSON.parse(run.stdout);
    const now = await snapshot(dovecot, user);
    const deleted = runs.reduce((sum, one) => sum + one.deleted.messages, 0);
    assert.equal(full.messages.length - now.messages.length, deleted);
    // A quota that does not fall after the first round stops the drain (exit 3).
    assert.equal(deleted > 0, deletes, describe(run));
    if (!deletes) assert.deepEqual(now, full);
  });
}
