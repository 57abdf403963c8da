import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { Packing } from '../../src/format/packing.ts';
import { seedByAppend } from '../corpus/append.ts';
import { mailbox, usualFlags } from '../corpus/mailbox.ts';
import { oddMail } from '../corpus/seed.ts';
import { type Archive, plainObject } from '../oracle/archives.ts';
import { assertExactlyGone, assertSameMail } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import {
  maildirMessages,
  type Member,
  tarMembers,
  testedByUnzip,
  zipMembers,
} from '../oracle/stock-readers.ts';
import type { Dovecot } from '../servers/dovecot.ts';
import type { ArchivesDocument, RunDocument } from './documents.ts';
import { assertExit, makeSite, policy, type Site } from './installation.ts';

const folders = ['INBOX', 'Zdjęcia/Wakacje 2019', 'Work/cur', 'CON', 'a: b?'];
const rule = { olderThanDays: 365 };
/** Archives, deletes and restores a small mailbox in one format: what the new formats' tests share. */
export async function formatTrip(
  t: TestContext,
  dovecot: Dovecot,
  { format, compression }: Packing,
  ending: string,
): Promise<void> {
  const user = `${format}-${compression}@example.com`;
  await seedByAppend(dovecot, user, [
    ...mailbox({
      seed: 3,
      count: 60,
      folders,
      user,
      meanSize: 6_000,
      flags: { ...usualFlags, $label1: 50 },
    }),
    ...oddMail('Zdjęcia/Wakacje 2019', 700, ['\\Seen', 'Projekt-X']).filter(({ raw }) => raw.length < 1e6),
  ]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { archive: { to: 'local', format, compression } })],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const selected = selectByRule(full, rule, new Date());
  assert.ok(selected.length > 60);

  assertExit(await site.run(['plan']), 0);
  assert.deepEqual(await snapshot(dovecot, user), full);
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.deepEqual(
    runs.map((run) => [run.archived.messages, run.deleted.messages, run.errors]),
    [[selected.length, selected.length, []]],
  );
  const archives = site.archives();
  assertExactlyGone(full, await snapshot(dovecot, user), archives, selected);
  assert.ok(archives.length >= 5);
  for (const archive of archives) {
    assert.ok(archive.object.endsWith(ending), archive.object);
    opensElsewhere(archive);
  }

  assertExit(await site.run(['verify']), 0);
  await site.removeDatabase();
  assertExit(await site.run(['reindex', '--yes']), 0);
  const listed = await site.json<ArchivesDocument>(['archives']);
  assert.deepEqual(
    listed.archives.map((archive) => archive.format),
    archives.map(() => format),
  );
  await shows(site, archives);
  // Dovecot alters CR CR LF on every APPEND: that is told, and not tried again.
  assertExit(await site.run(['restore', '--all', '--yes']), 3);
  const back = await snapshot(dovecot, user);
  assertSameMail(unaltered(full), unaltered(back));
  await site.run(['restore', '--all', '--yes']);
  assert.deepEqual(await snapshot(dovecot, user), back);
}

/** Stock tools find the very messages of the manifest in the object, in the folder's directory. */
function opensElsewhere(archive: Archive): void {
  const { head, messages } = archive;
  const digests = messages.map((message) => message.sha256);
  let members: readonly Member[];
  if (head.format === 'eml-zip') {
    const object = readFileSync(archive.object);
    assert.match(testedByUnzip(object), /No errors detected/);
    members = zipMembers(object);
  } else {
    const tar = plainObject(archive);
    members = tarMembers(tar);
    const path = members[0]?.name.replace(/\/cur\/[^/]*$/, '') ?? '';
    const found = maildirMessages(tar, path).map(({ sha256 }) => sha256);
    assert.deepEqual(found.toSorted(), digests.toSorted());
  }
  assert.deepEqual(
    members.map(({ sha256 }) => sha256),
    digests,
  );
  const [top] = members[0]?.name.split('/') ?? [];
  assert.match(
    top ?? '',
    head.folder === 'CON' ? /^CON-[0-9a-f]{8}$/ : /^(?:INBOX|Zdjęcia|Work|a-b-[0-9a-f]{8})$/,
  );
}

/** One message by itself, from the middle of an archive. */
async function shows(site: Site, archives: readonly Archive[]): Promise<void> {
  const [archive] = archives;
  const message = archive?.messages.at(3);
  assert.ok(archive && message);
  const shown = await site.run(['show', `${archive.head.id}/3`]);
  assertExit(shown, 0);
  assert.equal(shown.stdout, message.bytes.toString());
}

function unaltered(mail: Snapshot): Snapshot {
  return { ...mail, messages: mail.messages.filter(({ subject }) => subject !== 'cr-cr-lf') };
}
