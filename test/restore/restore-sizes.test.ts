/** A server that reports wrong sizes (RFC822.SIZE): a restore must find its copies by something else. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { assertExit, makeSite, policy, said } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

for (const keeps of [true, false]) {
  test(`restoring again to a server that reports wrong sizes ${keeps ? '' : 'and dates '}doubles nothing`, async (t) => {
    const user = `sizes-${keeps}@example.com`;
    await seedUser(dovecot, user, [note('one', 500, { size: 2_000 }), note('two', 501), note('young', 1)]);
    let wrong = keeps;
    const proxy = await startProxy(dovecot, {
      onResponse: ({ text, raw }) => {
        if (!/^\* \d+ FETCH /.test(text) || !/RFC822\.SIZE \d+/.test(text) || !wrong) return 'pass';
        const sized = raw
          .toString('latin1')
          .replace(/RFC822\.SIZE (\d+)/, (_, size) => `RFC822.SIZE ${Number(size) + 7}`);
        const dated = keeps ? sized : sized.replace(/INTERNALDATE "../, 'INTERNALDATE "11');
        return { replace: Buffer.from(dated, 'latin1') };
      },
    });
    t.after(() => proxy.stop());
    const site = await makeSite({
      server: { port: proxy.port },
      users: [user],
      policies: [policy('old', 365, { trustBodyOverSize: true })],
    });
    t.after(() => site.remove());
    assertExit(await site.run(['run', '--yes']), 0);
    wrong = true;
    const first = await site.run(['restore', '--all', '--yes']);
    assert.match(said(first), /2 messages/);
    for (const _ of [1, 2]) {
      await site.run(['restore', '--all', '--yes']);
      assert.deepEqual(subjects(await snapshot(dovecot, user)), ['one', 'two', 'young']);
    }
  });
}
