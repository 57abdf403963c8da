/** Archives of Gmail on their way to another account of Gmail, and to servers without labels. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { startScriptedImap } from '../servers/scripted-imap.ts';
import { startGmail } from '../servers/gmail.ts';
import { GmailMailbox, spam } from '../servers/gmail-mailbox.ts';
import { gmailWorld, held, mail } from './gmail-site.ts';
import { assertExit, policy } from './installation.ts';

const password = { passwordFile: './password' };

test('mail of one Gmail account goes into All Mail of another once, with its labels, by a restore and by an import', async (t) => {
  const messages = [
    mail('work', ['\\Inbox', 'Work/Clients', '\\Important']),
    mail('sent', ['\\Sent', 'Family']),
    mail('bare', []),
  ];
  const world = await gmailWorld(t, messages);
  const before = held(world);
  const [other, third] = [new GmailMailbox(), new GmailMailbox()];
  const servers = [await startGmail(other), await startGmail(third)];
  t.after(() => Promise.all(servers.map((server) => server.stop())));
  const server = (port: number): object => ({ host: '127.0.0.1', tls: 'none', port });
  await world.site.configure({
    accounts: [
      { users: ['alice'], server: 'main', ...password },
      { users: ['bob'], server: 'second', ...password },
      { users: ['carol'], server: 'third', ...password },
    ],
    extra: {
      servers: {
        main: server(world.gmail.port),
        second: server(servers[0]?.port ?? 0),
        third: server(servers[1]?.port ?? 0),
      },
    },
  });
  assertExit(await world.site.run(['run', '--account', 'alice', '--yes']), 0);
  const restore = ['restore', '--all', '--account', 'alice', '--to-account', 'bob', '--yes'];
  for (const time of ['first', 'second']) {
    assertExit(await world.site.run(restore), 0);
    assert.deepEqual(held({ mailbox: other }), before, time);
  }
  const archive = join(world.site.dir, 'archive');
  const into = ['import', archive, '--account', 'carol', '--folder', 'Old', '--to-server', '--yes'];
  // What has no label goes into the folder of the import.
  const imported = before.map((line) =>
    line.startsWith('bare:') ? line.replace('[]', '[Old/[Gmail]/All Mail]') : line,
  );
  for (const time of ['first', 'second']) {
    assertExit(await world.site.run(into), 0);
    assert.deepEqual(held({ mailbox: third }), imported, time);
  }
});

test('a server without labels gets the mail of Gmail in one folder, and the report says what it does not keep', async (t) => {
  const world = await gmailWorld(t, [mail('work', ['\\Inbox', 'Work']), mail('bare', [])]);
  const plain = await startScriptedImap({});
  t.after(() => plain.stop());
  const server = (port: number): object => ({ host: '127.0.0.1', tls: 'none', port });
  await world.site.configure({
    accounts: [
      { users: ['alice'], server: 'main', ...password },
      { users: ['bob'], server: 'plain', ...password },
    ],
    extra: { servers: { main: server(world.gmail.port), plain: server(plain.port) } },
  });
  assertExit(await world.site.run(['run', '--account', 'alice', '--yes']), 0);
  const done = await world.site.run(['restore', '--all', '--to-account', 'bob', '--yes']);
  assertExit(done, 3);
  assert.match(done.stdout, /2 messages restored/);
  assert.match(done.stdout, /the server does not keep labels of Gmail \(1 message\)/);
});

test('what was in Spam is imported into its folder, whatever labels it has, and not into All Mail', async (t) => {
  const labelled = mail('offer', ['Work'], { place: 'spam' });
  const fromSpam = policy('spam', 365, { folders: { include: [spam] } });
  const world = await gmailWorld(t, [labelled], [fromSpam]);
  const other = new GmailMailbox();
  const gmail = await startGmail(other);
  t.after(() => gmail.stop());
  const server = (port: number): object => ({ host: '127.0.0.1', tls: 'none', port });
  await world.site.configure({
    accounts: [
      { users: ['alice'], server: 'main', ...password },
      { users: ['bob'], server: 'second', ...password },
    ],
    extra: { servers: { main: server(world.gmail.port), second: server(gmail.port) } },
  });
  assertExit(await world.site.run(['run', '--account', 'alice', '--yes']), 0);
  const archive = join(world.site.dir, 'archive');
  await world.site.run(['import', archive, '--account', 'bob', '--folder', 'Old', '--to-server', '--yes']);
  assert.deepEqual(held({ mailbox: other }), ['offer: all [Old/[Gmail]/Spam] ()']);
});

/** A Takeout: one mbox file, and what a Gmail account holds once it is back, as `held` shows it. */
const takeout = [
  [
    'one',
    'Inbox,Important,Unread,Work/Clients,"Family, close"',
    'all [Family, close Work/Clients \\Important \\Inbox] ()',
  ],
  [
    'two',
    '=?UTF-8?Q?Gesendet,Ge=C3=B6ffnet,Markiert,B=C3=BCro?=',
    'all [B&APw-ro \\Sent \\Starred] (\\Flagged \\Seen)',
  ],
  ['three', 'Archived,Opened,Category Promotions', 'all [Old/Archive] (\\Seen)'],
  ['four', 'Spam,Work', 'all [Old/Work] (\\Seen)'],
] as const;

function takeoutBox(): string {
  return takeout
    .map(([subject, labels]) => {
      const { body } = mail(subject, []);
      return `From 1@xxx Mon Jan 05 12:00:00 +0000 2015\nX-Gmail-Labels: ${labels}\n${String(body).replaceAll('\r\n', '\n')}`;
    })
    .join('\n');
}

test('a Takeout goes into All Mail of Gmail with all labels of each message, from its archive and straight onto the server', async (t) => {
  const world = await gmailWorld(t, []);
  const direct = new GmailMailbox();
  const server = await startGmail(direct);
  t.after(() => server.stop());
  await world.site.configure({
    accounts: [
      { users: ['alice'], server: 'main', ...password },
      { users: ['bob'], server: 'second', ...password },
    ],
    extra: {
      servers: {
        main: { host: '127.0.0.1', tls: 'none', port: world.gmail.port },
        second: { host: '127.0.0.1', tls: 'none', port: server.port },
      },
    },
  });
  const box = join(world.site.dir, 'All mail.mbox');
  await writeFile(box, takeoutBox());
  const into = (account: string): readonly string[] => [
    'import',
    box,
    '--account',
    account,
    '--folder',
    'Old',
  ];
  assertExit(await world.site.run([...into('alice'), '--folders-from', 'gmail-labels']), 0);
  const expected = takeout.map(([subject, , place]) => `${subject}: ${place}`).toSorted();
  for (const time of ['first', 'second']) {
    assertExit(await world.site.run(['restore', '--all', '--account', 'alice', '--yes']), 0);
    assert.deepEqual(held(world), expected, time);
  }
  // Without a label of its own, in All Mail too; Spam into the folder of the import.
  const straight = expected.map((line) =>
    line.replace('[Old/Archive] (\\Seen)', '[] (\\Seen)').replace('[Old/Work] (\\Seen)', '[Old] ()'),
  );
  for (const time of ['first', 'second']) {
    assertExit(await world.site.run([...into('bob'), '--to-server', '--yes']), 0);
    assert.deepEqual(held({ mailbox: direct }), straight, time);
  }
});

test('a Takeout goes back to a server without labels by its folders, and nothing is reported as lost', async (t) => {
  const world = await gmailWorld(t, []);
  const plain = await startScriptedImap({});
  t.after(() => plain.stop());
  await world.site.configure({
    extra: { servers: { main: { host: '127.0.0.1', tls: 'none', port: plain.port } } },
  });
  const box = join(world.site.dir, 'All mail.mbox');
  await writeFile(box, takeoutBox());
  const into = ['import', box, '--account', 'alice', '--folder', 'Old', '--folders-from', 'gmail-labels'];
  assertExit(await world.site.run(into), 0);
  const done = await world.site.run(['restore', '--all', '--account', 'alice', '--yes']);
  assert.match(done.stdout, /4 messages restored/);
  assert.doesNotMatch(done.stdout, /labels of Gmail/);
});
