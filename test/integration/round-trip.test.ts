import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { mailbox, note, usualFlags } from '../corpus/mailbox.ts';
import { oddMail, seedUser } from '../corpus/seed.ts';
import { assertExactlyGone, assertSameMail } from '../oracle/nothing-lost.ts';
import { readWithPython } from '../oracle/python-mailbox.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { ArchivesDocument, PlanDocument, RunDocument } from './documents.ts';
import { chosen } from './chosen-database.ts';
import { Databases } from './databases.ts';
import { assertExit, makeSite, policy, said, type Site, type SiteWish } from './installation.ts';

// On the database that was chosen: round-trip-postgres.test.ts imports this file.
const user = 'alice@example.com';
const folders = [
  'INBOX',
  'INBOX',
  'Old Mail',
  'R&D',
  'Zdjęcia/Wakacje 2019',
  'Work/2020/Q1',
  'Keep/For ever',
];
const rule = { olderThanDays: 365, notFolders: ['Keep/For ever'] };
let dovecot: Dovecot;
let site: Site;
let full: Snapshot;
let extra: NonNullable<SiteWish['extra']> = {};
const databases = new Databases();

before(async () => {
  dovecot = await startDovecot();
  await seedUser(
    dovecot,
    user,
    mailbox({ seed: 1, count: 1_900, folders, user, meanSize: 9_000, flags: usualFlags }),
  );
  await seedByAppend(dovecot, user, [
    ...oddMail('INBOX', 500),
    ...oddMail('Zdjęcia/Wakacje 2019', 700, ['\\Seen', '$Forwarded', 'Projekt-X']),
    ...mailbox({ seed: 2, count: 60, folders, user, flags: { ...usualFlags, $label1: 60, NonJunk: 40 } }),
  ]);
  extra = await databases.keysOf(chosen.kind);
  site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    extra,
    policies: [policy('old', 365, { folders: { include: ['**'], exclude: ['Keep/**'] } })],
  });
  full = await snapshot(dovecot, user);
});

after(async () => {
  await site.remove();
  await dovecot.stop();
  await databases.stop();
});

test('plan changes nothing, on the server or on disk, and names what the oracle selects', async () => {
  const selected = selectByRule(full, rule, new Date());
  assert.ok(full.messages.length >= 2_000 && selected.length > 1_000);
  const files = readdirSync(site.dir);
  const { plans } = await site.json<PlanDocument>(['plan']);
  assert.deepEqual(
    plans.map(({ policy: name, account, messages, bytes }) => ({ name, account, messages, bytes })),
    [
      {
        name: 'old',
        account: user,
        messages: selected.length,
        bytes: selected.reduce((sum, one) => sum + one.size, 0),
      },
    ],
  );
  assertExit(await site.run(['plan']), 0);
  assertExit(await site.run(['run', '--dry-run', '--yes']), 0);
  assert.deepEqual(await snapshot(dovecot, user), full);
  assert.deepEqual(readdirSync(site.dir), files);
});

test('run deletes exactly what the oracle selects, and archives it byte for byte', async () => {
  const selected = selectByRule(full, rule, new Date());
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.deepEqual(
    runs.map((run) => [run.archived.messages, run.deleted.messages, run.errors]),
    [[selected.length, selected.length, []]],
  );
  const archives = site.archives();
  assertExactlyGone(full, await snapshot(dovecot, user), archives, selected);
  const dates = new Map(selected.map((one) => [`${one.folder}/${one.uid}`, one]));
  for (const { head, messages } of archives) {
    for (const { line } of messages) {
      const original = dates.get(`${head.folder}/${line.uid}`);
      assert.equal(line.internalDate, original?.internalDate.toISOString());
      assert.deepEqual(lower(line.flags), lower(original?.flags ?? []));
    }
  }
});

test('any mbox reader finds the messages of an archive, in order', () => {
  const archives = site.archives();
  assert.ok(archives.length >= 5);
  for (const archive of archives) {
    const read = readWithPython(archive).map((head) => firstLine(head).replace(/^>(?=>*From )/, ''));
    const written = archive.messages.map(({ bytes }) => firstLine(bytes));
    assert.deepEqual(read, written);
  }
});

test('without its database Mothball refuses to delete until reindex', async () => {
  await seedByAppend(
    dovecot,
    user,
    [1, 2, 3].map((number) => note(`late ${number}`, 900, { folder: 'R&D' })),
  );
  await databases.lose(chosen.kind, site, extra);
  const there = await snapshot(dovecot, user);
  const archived = site.archives().length;
  const refused = await site.run(['run', '--yes']);
  assertExit(refused, 1);
  assert.match(said(refused), /reindex/);
  assert.deepEqual(await snapshot(dovecot, user), there);
  assert.equal(site.archives().length, archived);
});

test('reindex and restore bring all back with flags, keywords and dates, and a second restore doubles nothing', async () => {
  // A file in the place of the lost one is its successor; of another database a person has to say so.
  const takeOver = chosen.kind === 'SQLite' ? [] : ['--take-over'];
  assertExit(await site.run(['reindex', ...takeOver, '--yes']), 0);
  const { archives } = await site.json<ArchivesDocument>(['archives']);
  assert.equal(archives.length, site.archives().length);
  assert.ok(archives.every(({ state, verified }) => state === 'sealed' && verified === null));
  const late = await snapshot(dovecot, user);
  // Dovecot alters CR CR LF on every APPEND: that is told, and not tried again.
  const restored = await site.run(['restore', '--all', '--yes']);
  assertExit(restored, 3);
  assert.equal(restored.stdout.match(/\d altered/g)?.length, 2, restored.stdout);
  const back = await snapshot(dovecot, user);
  const lateOnes = late.messages.filter((message) => message.subject.startsWith('late '));
  assert.equal(lateOnes.length, 3);
  assertSameMail(unaltered({ ...full, messages: [...full.messages, ...lateOnes] }), unaltered(back));
  await site.run(['restore', '--all', '--yes']);
  assert.deepEqual(await snapshot(dovecot, user), back);
});

test('restored mail is left alone by the policy that archived it', async () => {
  const back = await snapshot(dovecot, user);
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  const [run] = runs;
  assert.equal(run?.deleted.messages, 3);
  assert.ok(run.skipped.some(({ reason, messages }) => /restored/.test(reason) && messages > 1_000));
  const late = back.messages.filter((message) => message.subject.startsWith('late '));
  assertExactlyGone(back, await snapshot(dovecot, user), site.archives(), late);
});

function unaltered(mail: Snapshot): Snapshot {
  return { ...mail, messages: mail.messages.filter(({ subject }) => subject !== 'cr-cr-lf') };
}

function lower(flags: readonly string[]): readonly string[] {
  return flags.map((flag) => (flag.startsWith('\\') ? flag.toLowerCase() : flag)).toSorted();
}

function firstLine(bytes: Buffer): string {
  return bytes.toString('latin1', 0, 2_000).split('\n', 1)[0]?.replace(/\r$/, '') ?? '';
}
