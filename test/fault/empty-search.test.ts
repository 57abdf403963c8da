/** SEARCH that lies: it finds nothing, half of the mail, or UIDs that are not there. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { mailbox, note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, makeSite, policy, said } from '../integration/installation.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { startProxy } from './imap-proxy.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const lies: readonly {
  readonly name: string;
  /** What the client is sent for an untagged SEARCH line. */
  readonly line: (line: string, tag: string) => string;
  readonly said: RegExp | null;
}[] = [
  { name: 'finds nothing', line: () => '* SEARCH\r\n', said: /SEARCH by date finds 0 of/ },
  { name: 'says nothing and OK', line: () => '', said: /SEARCH by date finds 0 of/ },
  {
    name: 'finds nothing, as ESEARCH',
    line: (_, tag) => `* ESEARCH (TAG "${tag}") UID\r\n`,
    said: /SEARCH by date finds 0 of/,
  },
  {
    name: 'also finds UIDs that are not there',
    line: (line) => line.replace(/\r\n$/, ' 900000 4294967295 0\r\n'),
    said: null,
  },
];

for (const [index, { name, line, said: words }] of lies.entries()) {
  test(`where SEARCH ${name}, the local evaluation decides, and exactly the old mail goes`, async (t) => {
    const user = `lies-${index}@example.com`;
    await seedUser(dovecot, user, [
      note('ancient', 3_000),
      ...mailbox({ seed: 90 + index, count: 20, ages: { from: 100, to: 900 }, meanSize: 3_000 }),
    ]);
    const full = await snapshot(dovecot, user);
    const selected = selectByRule(full, { olderThanDays: 365 }, new Date());
    assert.ok(selected.length > 3 && selected.length < full.messages.length);
    let searches = 0;
    const proxy = await startProxy(dovecot, {
      onResponse: ({ text, raw, command }) => {
        if (command?.name !== 'UID SEARCH' || !/^\* E?SEARCH/.test(text)) return 'pass';
        searches += 1;
        return { replace: line(raw.toString('latin1'), command.tag) };
      },
    });
    t.after(() => proxy.stop());
    const site = await makeSite({
      server: { port: proxy.port },
      users: [user],
      policies: [policy('old', 365)],
    });
    t.after(() => site.remove());
    const run = await site.run(['run', '--yes']);
    assert.ok(searches > 0, 'no SEARCH was asked');
    assertExit(run, words === null ? 0 : 3);
    if (words !== null) assert.match(said(run), words);
    assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), selected);
  });
}
