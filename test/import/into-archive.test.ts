import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { writeWithPython } from '../oracle/python-boxes.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { ArchivesDocument, RunDocument, SearchDocument } from '../integration/documents.ts';
import { assertExit, makeSite, policy, said, type Site } from '../integration/installation.ts';

interface ImportDocument {
  readonly imported: { readonly messages: number; readonly bytes: number };
  readonly present: number;
  readonly doubles: number;
  readonly folders: readonly { readonly folder: string; readonly messages: number }[];
  readonly problems: readonly { readonly path: string; readonly message: number | null }[];
  readonly archives: readonly { readonly id: string; readonly verified: boolean }[];
  readonly presentIn: readonly {
    readonly archive: string;
    readonly folder: string;
    readonly messages: number;
  }[];
}

const user = 'alice@example.com';
let dovecot: Dovecot;
let site: Site;

before(async () => {
  dovecot = await startDovecot();
  site = await makeSite({
    server: { port: dovecot.port },
    users: [user, 'bob@example.com'],
    policies: [policy('old', 365)],
  });
});

after(async () => {
  await site.remove();
  await dovecot.stop();
});

const into = (path: string, folder: string, ...more: readonly string[]): readonly string[] => [
  'import',
  path,
  '--account',
  user,
  '--folder',
  folder,
  ...more,
];

test('an mbox of Python goes into the archive with dates and flags, and a second time adds nothing', async () => {
  const path = join(site.dir, 'python.mbox');
  writeWithPython('mbox', path, 40);
  const files = readdirSync(site.dir);
  const planned = await site.json<ImportDocument>(into(path, 'Imported', '--dry-run'));
  assert.equal(planned.imported.messages, 40);
  assert.deepEqual(readdirSync(site.dir), files, 'a dry run writes nothing');
  const first = await site.json<ImportDocument>(into(path, 'Imported'));
  assert.deepEqual(first.imported, planned.imported);
  assert.deepEqual(
    first.archives.map(({ verified }) => verified),
    [true],
  );
  const second = await site.json<ImportDocument>(into(path, 'Elsewhere'));
  assert.deepEqual([second.imported.messages, second.present, second.archives], [0, 40, []]);
  const [made] = first.archives;
  assert.deepEqual(second.presentIn, [{ archive: made?.id, folder: 'Imported', messages: 40 }]);
  const { stdout } = await site.run(into(path, 'Elsewhere'));
  assert.match(
    stdout,
    new RegExp(`already there: 40 messages in archive ${made?.id.slice(0, 8)}\\w*, folder Imported`),
  );

  const [archive, none] = site.archives();
  assert.equal(none, undefined);
  assert.deepEqual(
    [archive?.head.policy, archive?.head.folder, archive?.messages.length],
    ['@import', 'Imported', 40],
  );
  for (const { line, bytes, index } of archive?.messages ?? []) {
    const text = bytes.toString();
    assert.ok(text.includes(`Subject: python ${index}\r\n`), 'one message each, in order, with CRLF');
    assert.ok(text.includes('\r\n\r\nFrom a@b Thu Jan  1 00:00:00 1970\r\n\r\nend\r\n'), 'quoting is undone');
    assert.doesNotMatch(text, /[^\r]\n/);
    assert.equal(line.internalDate, new Date(Date.UTC(2015, 2, 1 + (index % 28), 10, 20, 30)).toISOString());
    assert.deepEqual(line.flags, index % 2 === 1 ? ['\\seen'] : ['\\flagged']);
  }
});

test('imported mail is listed, searched, shown, verified, and found again by reindex', async () => {
  const { messages } = await site.json<SearchDocument>(['search', 'python', 'folder:Imported']);
  assert.equal(messages.length, 40);
  const shown = await site.run(['show', messages[0]?.id ?? '']);
  assert.match(shown.stdout, /Subject: python/);
  assertExit(await site.run(['verify']), 0);
  await site.removeDatabase();
  assertExit(await site.run(['reindex', '--yes']), 0);
  const { archives } = await site.json<ArchivesDocument>(['archives', '--policy', '@import']);
  assert.deepEqual(
    archives.map((one) => [one.folder, one.messages, one.state]),
    [['Imported', 40, 'sealed']],
  );
  const again = await site.json<ImportDocument>(into(join(site.dir, 'python.mbox'), 'Imported'));
  assert.deepEqual([again.imported.messages, again.present], [0, 40]);
  // What reindex brought back is read back before it counts as a copy.
  assert.deepEqual(
    again.archives.map(({ verified }) => verified),
    [true],
  );
});

test('no run takes imported mail for mail of the server, and restore puts it there with its date', async () => {
  assertExit(
    await site.run(['restore', '--search', 'python folder:Imported', '--account', user, '--yes']),
    0,
  );
  const there = await snapshot(dovecot, user);
  assert.equal(there.messages.filter(({ folder }) => folder === 'Imported').length, 40);
  assert.ok(there.messages.every((one) => one.internalDate.getUTCFullYear() === 2015));
  assert.equal(there.messages.filter(({ flags }) => flags.includes('\\Flagged')).length, 20);
  const { runs } = await site.json<RunDocument>(['run', '--yes']);
  assert.deepEqual(
    runs.map((run) => [run.deleted.messages, run.errors]),
    [
      [0, []],
      [0, []],
    ],
  );
  assert.deepEqual(await snapshot(dovecot, user), there);
  assertExit(
    await site.run(['restore', '--search', 'python folder:Imported', '--account', user, '--yes']),
    0,
  );
  assert.deepEqual(await snapshot(dovecot, user), there);
});

test('a Maildir of Python keeps its folders, flags and dates', async () => {
  const path = join(site.dir, 'python.maildir');
  writeWithPython('maildir', path, 30);
  const { imported, folders } = await site.json<ImportDocument>(
    into(path, 'Box', '--format', 'maildir-tar', '--compression', 'gzip'),
  );
  assert.equal(imported.messages, 30);
  assert.deepEqual(
    folders.map(({ folder, messages }) => `${folder}: ${messages}`),
    ['Box: 20', 'Box/Sub/Deep: 10'],
  );
  const lines = site
    .archives()
    .flatMap(({ head, messages }) => (head.folder.startsWith('Box') ? messages : []));
  assert.equal(lines.length, 30);
  for (const { line, bytes } of lines) {
    const number = Number(/Subject: python (\d+)/.exec(bytes.toString())?.[1]);
    assert.equal(line.internalDate, new Date((1_400_000_000 + number) * 1000).toISOString());
    assert.deepEqual(line.flags.toSorted(), number % 2 === 1 ? ['\\seen'] : ['\\answered', '\\flagged']);
  }
});

test("what can't be read is told with its path, and the rest goes on", async () => {
  const root = join(site.dir, 'hostile');
  await mkdir(join(root, 'deep'), { recursive: true });
  await writeFile(join(site.dir, 'secret.eml'), 'Subject: secret\n\nx\n');
  await symlink(join(site.dir, 'secret.eml'), join(root, 'link.eml'));
  await writeFile(join(root, 'empty.eml'), '');
  await writeFile(join(root, 'broken.mbox'), 'no mbox');
  await writeFile(
    join(root, 'binary.eml'),
    Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256)),
  );
  await writeFile(
    join(root, 'deep', 'huge.eml'),
    Buffer.concat([Buffer.from('Subject: huge\n\n'), Buffer.alloc(12_000_000, 'long line ')]),
  );
  await writeFile(join(root, 'deep', 'same.eml'), 'Subject: same\n\n\0nul\n');
  await writeFile(join(root, 'deep', 'twin.eml'), 'Subject: same\n\n\0nul\n');
  const document = await site.json<ImportDocument>(into(root, 'Hostile'), 3);
  assert.deepEqual(document.problems.map(({ path }) => path.slice(root.length + 1)).toSorted(), [
    'broken.mbox',
    'empty.eml',
    'link.eml',
  ]);
  assert.deepEqual([document.imported.messages, document.doubles], [3, 1]);
  assert.deepEqual((await site.json<SearchDocument>(['search', 'secret'])).messages, []);
  const again = await site.json<ImportDocument>(into(root, 'Hostile'), 3);
  assert.deepEqual([again.imported.messages, again.present, again.doubles], [0, 3, 1]);
  const told = await site.run(into(root, 'Hostile'));
  assertExit(told, 3);
  assert.match(told.stderr, /link\.eml: it is a symbolic link/);
});

test('a wrong path, account, folder or store is a usage error, and nothing is written', async () => {
  const path = join(site.dir, 'secret.eml');
  const archived = site.archives().length;
  for (const args of [
    into(join(site.dir, 'nowhere'), 'X'),
    ['import', path, '--folder', 'X'],
    into(path, '/X'),
    into(path, 'X', '--store', 'cold'),
    into(path, 'X', '--format', 'eml-zip', '--compression', 'zstd'),
    into(join(site.dir, 'mothball.yaml'), 'X'),
    ['import', path, '--account', user],
  ]) {
    const result = await site.run(args);
    assertExit(result, 2);
    assert.ok(said(result).length > 0);
  }
  assert.equal(site.archives().length, archived);
});
