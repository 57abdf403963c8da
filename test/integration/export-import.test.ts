import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { mailbox, note, usualFlags } from '../corpus/mailbox.ts';
import { oddMail } from '../corpus/seed.ts';
import { sha256 } from '../oracle/digest.ts';
import { listWithPython } from '../oracle/python-boxes.ts';
import { snapshot, type Snapshot, type SnapshotMessage } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';

const user = 'alice@example.com';
const receivers = { mbox: 'mbox@example.com', maildir: 'maildir@example.com', eml: 'eml@example.com' };
const formats = ['mbox', 'maildir', 'eml'] as const;
let dovecot: Dovecot;
let site: Site;
let full: Snapshot;

before(async () => {
  dovecot = await startDovecot();
  const folders = ['INBOX', 'Work/2020/Q1', 'Zdjęcia', 'cur'];
  await seedByAppend(dovecot, user, [
    ...oddMail('INBOX', 500, ['\\Seen']),
    ...mailbox({ seed: 5, count: 60, folders, user, meanSize: 2_000, flags: usualFlags }),
    note('forwarded', 600, { folder: 'Work', flags: ['$Forwarded', '\\Answered'] }),
  ]);
  site = await makeSite({
    server: { port: dovecot.port },
    users: [user, ...Object.values(receivers)],
    policies: [
      policy('old', 1, { match: { any: [{ olderThan: '1d' }, { flag: 'flagged' }, { flag: 'draft' }] } }),
    ],
  });
  full = await snapshot(dovecot, user, { bytes: true });
  assertExit(await site.run(['run', '--account', user, '--yes']), 0);
  for (const format of formats)
    assertExit(await site.run(['export', '--all', '--format', format, '--to-dir', out(format)]), 0);
});

after(async () => {
  await site.remove();
  await dovecot.stop();
});

function out(format: string): string {
  return join(site.dir, `out-${format}`);
}

const byFolder = (mail: Snapshot, folder: string): readonly SnapshotMessage[] =>
  mail.messages.filter((message) => message.folder === folder);

/** What an export and an import make of a message: a mbox file can't tell a missing last line end. */
function expected(message: SnapshotMessage, format: (typeof formats)[number]): string {
  const bytes = message.bytes ?? Buffer.alloc(0);
  if (format !== 'mbox' || bytes.at(-1) === 0x0a) return message.sha256;
  const strict = !/[^\r]\n|^\n|\r(?!\n)/.test(bytes.toString('latin1'));
  return sha256(Buffer.concat([bytes, Buffer.from(strict ? '\r\n' : '\n')]));
}

test('an export keeps the tree of folders, and its Maildirs and mbox files are good for Python', () => {
  const root = join(out('maildir'), user);
  for (const folder of ['INBOX', 'Work/2020/Q1', 'Zdjęcia']) {
    const originals = byFolder(full, folder);
    const maildir = listWithPython('maildir', join(root, folder));
    const wanted = originals.map(
      (one) => `${one.sha256} ${one.internalDate.getTime() / 1000} ${letters(one.flags)}`,
    );
    assert.deepEqual(
      maildir.map((one) => `${one.sha256} ${one.date} ${one.flags}`).toSorted(),
      wanted.toSorted(),
    );
    const mbox = listWithPython('mbox', join(out('mbox'), user, `${folder}.mbox`));
    assert.deepEqual(
      mbox.map(({ date }) => Date.parse(`${date.replace('MAILER-DAEMON ', '')} UTC`)),
      originals.map((one) => one.internalDate.getTime()),
    );
  }
  assert.deepEqual(readdirSync(join(root, 'Work')).toSorted(), ['2020', 'cur', 'new', 'tmp']);
  assert.match(readdirSync(join(root, 'Work', 'cur'))[0] ?? '', /:2,PR$/);
});

test('an export of .eml files has the exact bytes, the time of each message and safe names', () => {
  const files = filesBelow(out('eml'));
  const digests = new Map(files.map((file) => [sha256(readFileSync(file)), file]));
  assert.equal(files.length, full.messages.length);
  for (const message of full.messages) {
    const file = digests.get(message.sha256);
    assert.ok(file !== undefined, message.subject);
  }
  const [one] = byFolder(full, 'Zdjęcia');
  assert.equal(statSync(digests.get(one?.sha256 ?? '') ?? '').mtimeMs, one?.internalDate.getTime());
  assert.ok(files.every((file) => /^[\p{L}\p{N}@+=, ._-]+\.eml$/u.test(file.split('/').at(-1) ?? '')));
});

test('an export never adds to what is there', async () => {
  const files = filesBelow(site.dir).map((file) => `${file} ${statSync(file).size}`);
  for (const format of formats) {
    const again = await site.run(['export', '--all', '--format', format, '--to-dir', out(format)]);
    assertExit(again, format === 'mbox' ? 1 : 0);
    assert.match(
      said(again),
      format === 'mbox'
        ? /Choose an empty directory/
        : /^0 messages, 0 B, written as .*; \d+ already there$/m,
    );
  }
  const now = filesBelow(site.dir).map((file) => `${file} ${statSync(file).size}`);
  assert.deepEqual(
    now.filter((line) => line.includes('/out-')),
    files.filter((line) => line.includes('/out-')),
  );
});

test('importing an export of the same account adds nothing', async () => {
  for (const format of ['maildir', 'eml']) {
    const args = ['import', join(out(format), user), '--account', user, '--folder', 'Again'];
    const { imported } = await site.json<{ readonly imported: { readonly messages: number } }>(args);
    assert.equal(imported.messages, 0, format);
  }
});

for (const format of formats) {
  test(`mail exported as ${format} and imported elsewhere is restored as it was`, async () => {
    const receiver = receivers[format];
    // One folder whose name another one has taken in the tree goes by another name; the rest by their own.
    const args = ['import', join(out(format), user), '--account', receiver, '--folder', 'Back'];
    const done = await site.run(args);
    assertExit(done, 0);
    const archives = site.archives().filter(({ head }) => head.account === receiver);
    const archived = archives.flatMap(({ messages }) => messages);
    // The same octets twice in one folder are one message of an import.
    const wanted = full.messages.map((message) => `${message.folder} ${expected(message, format)}`);
    const renamed = (folder: string): string => folder.replace(/^Back\//, '').replace(/ [0-9a-f]{8}$/, '');
    assert.deepEqual(
      archived.map(({ head, sha256: digest }) => `${renamed(head.folder)} ${digest}`).toSorted(),
      [...new Set(wanted)].toSorted(),
    );
    const originals = new Map(full.messages.map((message) => [expected(message, format), message]));
    for (const { line, sha256: digest } of archived) {
      const original = originals.get(digest);
      if (format !== 'eml' && original?.subject !== 'twin')
        assert.equal(line.internalDate, original?.internalDate.toISOString());
      if (format === 'maildir') assert.equal(letters(line.flags), letters(original?.flags ?? []));
    }
    // Dovecot alters CR CR LF, bare LF and NUL on every APPEND: that is told.
    const restored = await site.run(['restore', '--all', '--account', receiver, '--yes']);
    assert.ok(restored.code === 3 || restored.code === 0, said(restored));
    const there = new Set((await snapshot(dovecot, receiver)).messages.map((message) => message.sha256));
    const lost = full.messages.filter((message) => !there.has(expected(message, format)));
    assert.ok(
      lost.every((message) => ['cr-cr-lf', 'no-final-newline', 'ends-in-cr'].includes(message.subject)),
      lost.map(({ subject }) => subject).join(),
    );
  });
}

function letters(flags: readonly string[]): string {
  const names: Readonly<Record<string, string>> = {
    '\\draft': 'D',
    '\\flagged': 'F',
    $forwarded: 'P',
    '\\answered': 'R',
    '\\seen': 'S',
    '\\deleted': 'T',
  };
  return flags
    .map((flag) => names[flag.toLowerCase()] ?? '')
    .toSorted()
    .join('');
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
