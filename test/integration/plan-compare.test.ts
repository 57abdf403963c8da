/** What an edit of the policies changes, before anything acts on it. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';

interface Side {
  readonly messages: number;
  readonly list?: readonly { readonly folder: string; readonly uid: number }[];
}

interface Compared {
  readonly compared: {
    readonly file: string;
    readonly onlyHere: readonly string[];
    readonly onlyThere: readonly string[];
    readonly changes: readonly {
      readonly policy: string;
      readonly account: string;
      readonly more: Side;
      readonly fewer: Side;
    }[];
  };
}

const [alice, bob] = ['alice@example.com', 'bob@example.com'];
let dovecot: Dovecot;
let site: Site;

const fileOf = (policies: readonly object[]): string => JSON.stringify({ version: 1, policies });

before(async () => {
  dovecot = await startDovecot();
  for (const user of [alice, bob])
    await seedUser(dovecot, user, [
      note('young', 3),
      note('months', 200),
      note('a year', 500),
      note('a year, to keep', 500, { folder: 'Keep' }),
    ]);
  site = await makeSite({
    server: { port: dovecot.port },
    users: [alice, bob],
    policies: [
      // Takes younger mail than before, no more from Keep, and less of Bob.
      policy('old', 100, {
        folders: { exclude: ['Keep'] },
        overrides: [{ accounts: [bob], match: { olderThan: '1y' } }],
      }),
      policy('fresh', 1000),
    ],
  });
  await writeFile(
    join(site.dir, 'before.yaml'),
    fileOf([policy('old', 365), policy('dropped', 100, { accounts: [alice] })]),
  );
});

after(async () => {
  await site.remove();
  await dovecot.stop();
});

test('plan --compare shows what would leave now and would not have, and the other way round', async () => {
  const full = await snapshot(dovecot, alice);
  const document = await site.json<Compared>(['plan', '--compare', 'before.yaml', '--messages']);
  const { file, onlyHere, onlyThere, changes } = document.compared;
  assert.deepEqual([file, onlyHere, onlyThere], ['before.yaml', ['fresh'], ['dropped']]);
  const folders = ({ list = [] }: Side): readonly string[] => list.map(({ folder }) => folder).toSorted();
  assert.deepEqual(
    changes.map((one) => [one.policy, one.account, folders(one.more), folders(one.fewer)]),
    [
      ['old', alice, ['INBOX'], ['Keep']],
      ['old', bob, [], ['Keep']],
      ['dropped', alice, [], ['INBOX', 'INBOX', 'Keep']],
    ],
  );
  const text = await site.run(['plan', '--compare', 'before.yaml', '--quiet', '--messages']);
  assertExit(text, 0);
  assert.match(text.stdout, /^compared with before\.yaml\n {2}fresh: not in it\n {2}dropped: only in it\n/);
  assert.match(
    text.stdout,
    /^ {2}old: 1 message, \d+ B of 1 account more, 2 messages, \d+ B of 2 accounts fewer$/m,
  );
  assert.match(text.stdout, /^ {2}alice@example\.com +old +1 message \(\d+ B\) +1 message \(\d+ B\)$/m);
  assert.match(text.stdout, /old on alice@example\.com\n {2}\+ INBOX UID \d+ .*\n {2}- Keep UID \d+ /);
  assert.deepEqual(await snapshot(dovecot, alice), full);
  assert.deepEqual(site.archives(), []);
});

test('only the policies that are named are compared, and the same file makes no difference', async () => {
  const named = await site.json<Compared>(['plan', 'fresh', '--compare', 'before.yaml']);
  assert.deepEqual(named.compared.changes, []);
  assert.deepEqual([named.compared.onlyHere, named.compared.onlyThere], [['fresh'], []]);
  const same = await site.run(['plan', '--compare', 'policies.yaml', '--quiet']);
  assertExit(same, 0);
  assert.equal(same.stdout, 'compared with policies.yaml\n  no difference\n');
});

test('an account that only one of the two plans could read is not compared, and said to be unknown', async (t) => {
  let logins = 0;
  const proxy = await startProxy(dovecot, {
    onCommand({ name }) {
      if (name === 'LOGIN' || name === 'AUTHENTICATE') logins += 1;
      // The first plan goes well, and the second one does not get in.
      return logins > 1 ? 'cut' : 'pass';
    },
  });
  t.after(() => proxy.stop());
  await site.configure({ server: { port: proxy.port, connectAttempts: 1 } });
  t.after(() => site.configure({ server: { port: dovecot.port } }));
  const text = await site.run(['plan', '--compare', 'before.yaml', '--account', alice, '--quiet']);
  assertExit(text, 1);
  assert.match(text.stdout, /^ {2}1 account could not be read: not compared\n {2}no difference$/m);
});

test('a file with mistakes is refused with their places, and so are forms that a comparison does not have', async () => {
  await writeFile(
    join(site.dir, 'wrong.yaml'),
    'version: 1\npolicies:\n  - { name: old, mtach: { olderThan: 1y } }\n',
  );
  const wrong = await site.run(['plan', '--compare', 'wrong.yaml']);
  assertExit(wrong, 2);
  assert.match(said(wrong), /wrong\.yaml:3:\d+: .*unknown key "mtach"; did you mean "match"\?/);
  assertExit(await site.run(['plan', '--compare', 'none.yaml']), 2);
  assertExit(await site.run(['plan', '--compare', 'before.yaml', '--csv']), 2);
});
