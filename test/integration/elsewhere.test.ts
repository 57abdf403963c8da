/** Mail that was archived on one kind of server and goes to another, and back. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { mailbox, note, usualFlags, usualKeywords } from '../corpus/mailbox.ts';
import { clockOffBy } from '../fault/off-by.ts';
import { assertSameMail } from '../oracle/nothing-lost.ts';
import { withSession } from '../oracle/raw-session.ts';
import { type Snapshot, snapshot } from '../oracle/snapshot.ts';
import { type Courier, startCourier } from '../servers/courier.ts';
import { type Cyrus, startCyrus } from '../servers/cyrus.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';

const host = '127.0.0.1' as const;
let dovecot: Dovecot;
let courier: Courier;
let cyrus: Cyrus;

before(async () => {
  [dovecot, courier, cyrus] = await Promise.all([
    startDovecot({ extraConfig: 'mail_location = maildir:~/fs:LAYOUT=fs' }),
    startCourier(),
    startCyrus({ users: ['carl', 'cora'] }),
  ]);
});
after(() => Promise.all([dovecot.stop(), courier.stop(), cyrus.stop()]));

/** Folders as Dovecot has them; `Sent` has the use \Sent there. */
const folders = ['INBOX', 'Work/2020', 'Zdjęcia', 'Sent'];

async function siteOf(t: { after(job: () => Promise<void>): void }, changes: object = {}): Promise<Site> {
  const server = (port: number): object => ({ host, tls: 'none', port });
  const password = { passwordFile: './password' };
  const site = await makeSite({
    server: { port: dovecot.port },
    policies: [policy('old', 30, { restoredKeep: '1d', ...changes })],
    accounts: [
      { users: ['ann', 'back', 'again', 'pat'], server: 'main', ...password },
      { users: ['bob', 'ben'], server: 'courier', ...password },
      { users: ['carl', 'cora'], server: 'cyrus', ...password },
    ],
    extra: {
      servers: {
        main: server(dovecot.port),
        courier: server(courier.port),
        cyrus: server(cyrus.port),
      },
    },
  });
  t.after(() => site.remove());
  return site;
}

/** The same messages, with other names of folders. */
function renamed(mail: Snapshot, name: (folder: string) => string): Snapshot {
  return { ...mail, messages: mail.messages.map((one) => ({ ...one, folder: name(one.folder) })) };
}

function mailOf(seed: number): ReturnType<typeof mailbox> {
  const flags = { ...usualFlags, ...usualKeywords, '\\Flagged': 0, '\\Draft': 0 };
  return mailbox({ seed, count: 32, folders, flags, ages: { from: 40, to: 900 }, meanSize: 3_000 });
}

test('mail of Dovecot is restored to Courier and to Cyrus and from there to Dovecot: bytes, flags, dates and special folders are equal', async (t) => {
  await seedByAppend(dovecot, 'ann', mailOf(7));
  const full = await snapshot(dovecot, 'ann');
  const site = await siteOf(t);
  assertExit(await site.run(['run', '--account', 'ann', '--yes']), 0);
  assert.deepEqual((await snapshot(dovecot, 'ann')).messages, []);
  // The special folder of Cyrus has a name of its own.
  const cyrusServer = { host, port: cyrus.port };
  await withSession(cyrusServer, 'carl', async (session) => {
    await session.ok('CREATE "INBOX.Gesendet" (USE (\\Sent))');
  });
  const dotted = (sent: string) => (folder: string) =>
    folder === 'INBOX' ? folder : `INBOX.${folder === 'Sent' ? sent : folder.replaceAll('/', '.')}`;

  for (const [user, server, name, sent, days] of [
    ['bob', courier, 'courier', 'Sent', 2],
    ['carl', cyrusServer, 'cyrus', 'Gesendet', 4],
  ] as const) {
    // What was restored is left alone for a day.
    const then = { clock: clockOffBy(days) };
    const to = ['restore', '--all', '--account', 'ann', '--to-account', user, '--to-server', name, '--yes'];
    const first = await site.run(to, { clock: clockOffBy(days - 2) });
    assertExit(first, 0);
    assert.match(first.stdout, /32 messages restored/);
    const there = await snapshot(server, user);
    assertSameMail(renamed(full, dotted(sent)), there);
    const again = await site.run(to, { clock: clockOffBy(days - 2) });
    assert.match(again.stdout, /: 0 messages restored \(0 B\), 32 already there/);
    assert.deepEqual(await snapshot(server, user), there);

    const back = user === 'bob' ? 'back' : 'again';
    assertExit(await site.run(['run', '--account', user, '--yes'], then), 0);
    assert.deepEqual((await snapshot(server, user)).messages, []);
    const home = ['restore', '--all', '--account', user, '--to-account', back, '--yes'];
    assertExit(await site.run(home, then), 0);
    assertSameMail(full, await snapshot(dovecot, back));
  }
});

test('a special folder is made with its use where the server has none of that use', async (t) => {
  await seedByAppend(dovecot, 'pat', [note('sent', 50, { folder: 'Sent' })]);
  const site = await siteOf(t);
  assertExit(await site.run(['run', '--account', 'pat', '--yes']), 0);
  assertExit(await site.run(['restore', '--all', '--account', 'pat', '--to-account', 'cora', '--yes']), 0);
  await withSession({ host, port: cyrus.port }, 'cora', async (session) => {
    const rows = (await session.ok('LIST "" "*" RETURN (SPECIAL-USE SUBSCRIBED)')).map(({ text }) => text);
    const sent = rows.find((row) => row.includes('INBOX.Sent')) ?? '';
    assert.match(sent, /\\Sent/i);
    assert.match(sent, /\\Subscribed/i);
  });
});

test('folders get the names that --map gives them, and names that the server can not have are spelled otherwise', async (t) => {
  const odd = ['v1.2', 'v1_2', 'Work/2020/Q1', 'Workshop', 'x y'];
  await seedByAppend(
    dovecot,
    'map',
    odd.map((folder) => note(`in ${folder}`, 50, { folder })),
  );
  const site = await siteOf(t);
  await site.configure({
    accounts: [
      { users: ['map'], server: 'main', passwordFile: './password' },
      { users: ['ben'], server: 'courier', passwordFile: './password' },
    ],
  });
  assertExit(await site.run(['run', '--account', 'map', '--yes']), 0);
  const typo = await site.run(['restore', '--all', '--to-account', 'ben', '--map', 'Wrok=Old', '--yes']);
  assertExit(typo, 2);
  assert.match(said(typo), /--map names folder "Wrok", and nothing that is wanted was in it/);
  const result = await site.run([
    'restore',
    '--all',
    '--to-account',
    'ben',
    '--map',
    'Work=Old/Work',
    '--yes',
  ]);
  assertExit(result, 0);
  assert.match(result.stdout, /folder "Work\/2020\/Q1" of map is "INBOX.Old.Work.2020.Q1" here/);
  const there = (await snapshot(courier, 'ben')).messages.map(
    ({ folder, subject }) => `${subject}: ${folder}`,
  );
  const marked = there.find((one) => one.startsWith('in v1.2')) ?? '';
  assert.match(marked, /^in v1\.2: INBOX\.v1_2-[0-9a-f]{6}$/);
  assert.deepEqual(
    there.filter((one) => one !== marked).toSorted(),
    [
      'in Work/2020/Q1: INBOX.Old.Work.2020.Q1',
      'in Workshop: INBOX.Workshop',
      'in v1_2: INBOX.v1_2',
      'in x y: INBOX.x y',
    ].toSorted(),
  );
  assertExit(
    await site.run(['restore', '--all', '--to-account', 'ben', '--map', 'Work=Old/Work', '--yes']),
    0,
  );
  assert.equal((await snapshot(courier, 'ben')).messages.length, odd.length);
});

test('the catalog is lost: what was restored elsewhere is known from the receipts, and left alone', async (t) => {
  const user = 'leaver';
  await seedByAppend(dovecot, user, [note('one', 50), note('two', 60)]);
  const site = await siteOf(t, { restoredKeep: '30d' });
  await site.configure({
    accounts: [{ users: [user, 'heir'], server: 'main', passwordFile: './password' }],
  });
  assertExit(await site.run(['run', '--account', user, '--yes']), 0);
  assertExit(await site.run(['restore', '--all', '--to-account', 'heir', '--yes']), 0);
  await site.removeDatabase();
  assertExit(await site.run(['reindex']), 0);
  assertExit(await site.run(['run', '--account', 'heir', '--yes']), 0);
  assert.equal((await snapshot(dovecot, 'heir')).messages.length, 2);
});
