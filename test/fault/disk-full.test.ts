import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { mailbox } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, describe, makeSite, policy, said } from '../integration/installation.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type ProxiedCommand, startProxy } from './imap-proxy.ts';
import { smallDisk } from './small-disk.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

interface Case {
  readonly name: string;
  readonly what: 'spool' | 'database';
  /** The disk is full from this command on. */
  readonly when: (command: ProxiedCommand) => boolean;
  readonly says: RegExp;
  /** False where EXPUNGE may have gone out already. */
  readonly staysWhole: boolean;
}

const cases: readonly Case[] = [
  {
    name: 'spool is full from the start',
    what: 'spool',
    when: ({ name }) => name === 'LOGIN' || name === 'AUTHENTICATE',
    says: /spool .* has 0.* free and needs/,
    staysWhole: true,
  },
  {
    name: 'spool fills up while mail is fetched',
    what: 'spool',
    when: ({ name, rest }) => name === 'UID FETCH' && rest.includes('BODY.PEEK[])'),
    says: /could not (write|create) the spool file .*ENOSPC/s,
    staysWhole: true,
  },
  {
    name: 'database can not record the archive',
    what: 'database',
    when: ({ name, rest }) => name === 'UID FETCH' && rest.includes('BODY.PEEK[])'),
    says: /catalog .*(full|I\/O)/s,
    staysWhole: true,
  },
  {
    name: 'database can not record the intent',
    what: 'database',
    when: ({ name }) => name === 'SELECT',
    says: /catalog .*(full|I\/O)/s,
    staysWhole: true,
  },
  {
    name: 'database can not record what was deleted',
    what: 'database',
    when: ({ name }) => name === 'UID STORE',
    says: /catalog .*(full|I\/O)/s,
    staysWhole: false,
  },
];

for (const [index, { name, what, when, says, staysWhole }] of cases.entries()) {
  test(`when the ${name}, nothing is lost, and the next run finishes`, async (t) => {
    const user = `full${index}@example.com`;
    const wish = { count: 120, ages: { from: 400, to: 900 }, flags: {}, meanSize: 6_000 };
    await seedUser(dovecot, user, mailbox({ seed: 90 + index, ...wish }));
    const disk = smallDisk(t, '6m');
    let full = false;
    const proxy = await startProxy(dovecot, {
      onCommand(command) {
        if (!full && when(command)) {
          full = true;
          disk.fill();
        }
        return 'pass';
      },
    });
    t.after(() => proxy.stop());
    const extra = {
      database: { path: `sqlite:${join(disk.path, 'mothball.db')}`, spool: './spool' },
      spool: { path: 'sqlite:./mothball.db', spool: join(disk.path, 'spool') },
    }[what];
    const site = await makeSite({
      server: { port: proxy.port },
      users: [user],
      policies: [policy('old', 365)],
      extra: { database: extra.path, spool: { path: extra.spool } },
    });
    t.after(() => site.remove());
    const seeded = await snapshot(dovecot, user);

    const run = await site.run(['run', '--yes']);
    assert.ok(full);
    assert.ok(run.code === 1 || (run.code === 3 && !staysWhole), describe(run));
    assert.match(said(run), says);
    const now = await snapshot(dovecot, user);
    if (staysWhole) assert.deepEqual(now, seeded);
    assertNothingLost(seeded, now, site.archives(), seeded.messages);

    disk.free();
    assertExit(await site.run(['run', '--yes']), 0);
    assertExactlyGone(seeded, await snapshot(dovecot, user), site.archives(), seeded.messages);
  });
}
