import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note, type SeedMessage } from '../corpus/mailbox.ts';
import {
  type ImapProxy,
  type ProxiedResponse,
  type ResponseVerdict,
  startProxy,
} from '../fault/imap-proxy.ts';
import { assertExit, makeSite, policy, type Site } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';
import { administer } from '../oracle/meddle.ts';
import { assertExactlyGone, assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

/** Every folder has UIDVALIDITY 7: two that were made in one second. */
const oneValidity = ({ text, raw }: ProxiedResponse): ResponseVerdict =>
  /UIDVALIDITY \d+/.test(text)
    ? { replace: raw.toString('latin1').replaceAll(/UIDVALIDITY \d+/g, 'UIDVALIDITY 7') }
    : 'pass';

/** The same, from a server that has MAILBOXID (RFC 8474 §4) to tell them apart. */
const mailboxIds = ({ text }: ProxiedResponse): ResponseVerdict => {
  const validity = /^\* OK \[UIDVALIDITY (\d+)\]/.exec(text)?.[1];
  return validity === undefined
    ? 'pass'
    : { replace: `* OK [UIDVALIDITY 7] valid\r\n* OK [MAILBOXID (F${validity})] id\r\n` };
};

/** Alike in all that FETCH tells of them: UIDs, sizes, dates. */
const now = new Date();
const box = (folder: string, names: readonly string[]): readonly SeedMessage[] =>
  names.map((name, index) => note(name, 500 + index, { folder, now }));
const mine = box('Box', ['mine a', 'mine b', 'mine c']);
const other = box('Other', ['his a ', 'his b ', 'his c ']);

async function archivedAndDue(
  context: { after(end: () => Promise<void>): void },
  user: string,
  onResponse?: (response: ProxiedResponse) => ResponseVerdict,
): Promise<{ readonly site: Site; readonly proxy: ImapProxy; deleteNow(): Promise<void> }> {
  const proxy = await startProxy(dovecot, onResponse === undefined ? {} : { onResponse });
  context.after(() => proxy.stop());
  const folders = { include: ['Box'] };
  const site = await makeSite({
    server: { port: proxy.port },
    users: [user],
    policies: [policy('old', 365, { folders, delete: { after: '7d' } })],
  });
  context.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  assert.equal(site.archives().length, 1);
  return { site, proxy, deleteNow: () => site.configure({ policies: [policy('old', 365, { folders })] }) };
}

for (const [name, rules] of Object.entries({ 'nothing else': oneValidity, MAILBOXID: mailboxIds })) {
  test(`two folders with one UIDVALIDITY that swapped names, told apart by ${name}, are not mixed up`, async (t) => {
    const user = `swap-${name.toLowerCase().replace(' ', '-')}@example.com`;
    await seedByAppend(dovecot, user, [...mine, ...other]);
    const { site, proxy, deleteNow } = await archivedAndDue(t, user, rules);
    await administer(dovecot, user, ['RENAME Box Middle', 'RENAME Other Box', 'RENAME Middle Other']);
    const swapped = await snapshot(proxy, user);
    await deleteNow();
    for (const _round of [1, 2]) {
      assertExit(await site.run(['run', '--yes']), 0);
      const end = await snapshot(proxy, user);
      const inBox = swapped.messages.filter(({ folder }) => folder === 'Box');
      assertNothingLost(swapped, end, site.archives(), inBox);
      assert.deepEqual(subjects(end, 'Other'), ['mine a', 'mine b', 'mine c']);
    }
    assert.deepEqual(subjects(await snapshot(proxy, user), 'Box'), []);
    assert.equal(site.archives().length, 2);
  });
}

for (const [name, rules] of Object.entries({ UIDVALIDITY: undefined, MAILBOXID: mailboxIds })) {
  test(`a folder created again with the very same mail is archived again: ${name} says that it is another`, async (t) => {
    const user = `anew-${name.toLowerCase()}@example.com`;
    await seedByAppend(dovecot, user, mine);
    const { site, proxy, deleteNow } = await archivedAndDue(t, user, rules);
    await administer(dovecot, user, ['DELETE Box']);
    await seedByAppend(dovecot, user, mine);
    const anew = await snapshot(proxy, user);
    await deleteNow();
    assertExit(await site.run(['run', '--yes']), 0);
    assert.equal(site.archives().length, 2, 'deleted on the word of the old folder');
    assertExactlyGone(anew, await snapshot(proxy, user), site.archives(), anew.messages);
  });
}
