/** Archives of Mothball, read as files: into another installation, byte for byte and with all that their manifests say. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Manifest } from '../../src/format/manifest-types.ts';
import { parseManifest } from '../../src/format/manifest-parse.ts';
import { seedByAppend } from '../corpus/append.ts';
import { mailbox, note, usualFlags, usualKeywords } from '../corpus/mailbox.ts';
import { findFiles } from '../oracle/archives.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { assertExit, makeSite, policy, said, type Site } from '../integration/installation.ts';

interface ImportDocument {
  readonly imported: { readonly messages: number };
  readonly present: number;
  readonly folders: readonly { readonly folder: string; readonly messages: number }[];
  readonly problems: readonly { readonly message: number | null; readonly reason: string }[];
}

let dovecot: Dovecot;
let from: Site;

const formats = [
  ['Work', 'eml-zip'],
  ['Work/2020', 'maildir-tar'],
  ['INBOX', 'mbox'],
] as const;

before(async () => {
  dovecot = await startDovecot({ extraConfig: 'mail_location = maildir:~/fs:LAYOUT=fs' });
  const flags = { ...usualFlags, ...usualKeywords };
  const folders = formats.map(([folder]) => folder);
  await seedByAppend(
    dovecot,
    'ann',
    mailbox({ seed: 3, count: 40, folders, flags, ages: { from: 40, to: 900 }, meanSize: 2000 }),
  );
  await seedByAppend(dovecot, 'bob', [note('of bob', 500)]);
  from = await makeSite({
    server: { port: dovecot.port },
    users: ['ann', 'bob'],
    policies: formats.map(([folder, format]) =>
      policy(format, 30, { folders: [folder], archive: { to: 'local', format } }),
    ),
  });
  assertExit(await from.run(['run', '--yes']), 0);
});
after(async () => {
  await from.remove();
  await dovecot.stop();
});

async function siteTo(t: test.TestContext): Promise<Site> {
  const site = await makeSite({
    server: { port: dovecot.port },
    users: ['carol'],
    policies: [policy('x', 3650)],
  });
  t.after(() => site.remove());
  return site;
}

const into = (path: string, ...more: readonly string[]): readonly string[] => [
  'import',
  path,
  '--account',
  'carol',
  '--folder',
  'Old',
  ...more,
];

function manifestsOf({ archiveDir }: Site): Promise<readonly Manifest[]> {
  const paths = findFiles(archiveDir, '.manifest.jsonl.zst');
  return Promise.all(paths.map((path) => parseManifest(readFileSync(path))));
}

/** Folder, digest, date and flags of every message. */
function messagesOf(
  archives: readonly Manifest[],
  folder: (name: string, account: string) => string,
): readonly string[] {
  return archives
    .flatMap(({ head, messages }) =>
      messages.map(({ sha256, internalDate, flags }) =>
        [
          folder(head.folder, head.account),
          sha256,
          internalDate,
          ...flags.filter((one) => one !== '\\deleted').toSorted(),
        ].join(' '),
      ),
    )
    .toSorted();
}

test('a whole store goes into another one with folders, flags, keywords and dates, and a second time adds nothing', async (t) => {
  const site = await siteTo(t);
  const planned = await site.json<ImportDocument>(into(from.archiveDir, '--with-deleted', '--dry-run'));
  const done = await site.json<ImportDocument>(into(from.archiveDir, '--with-deleted'));
  assert.deepEqual([done.imported, done.folders, done.problems], [planned.imported, planned.folders, []]);
  const all = (await manifestsOf(from)).reduce((sum, { messages }) => sum + messages.length, 0);
  assert.ok(all > 30);
  assert.equal(done.imported.messages, all);
  assert.deepEqual(
    messagesOf(await manifestsOf(site), (name) => name),
    messagesOf(await manifestsOf(from), (name, account) => `Old/${account}/${name}`),
  );
  const again = await site.json<ImportDocument>(into(from.archiveDir, '--with-deleted'));
  assert.deepEqual([again.imported.messages, again.present], [0, all]);
});

test('one account, and one archive by its object or its manifest, are taken as they are', async (t) => {
  const site = await siteTo(t);
  const [object = ''] = findFiles(from.archiveDir, '.eml.zip');
  const { head, messages } =
    (await manifestsOf(from)).find(({ head: { format } }) => format === 'eml-zip') ?? {};
  const manifest = object.replace('.eml.zip', '.manifest.jsonl.zst');
  for (const path of [object, manifest]) {
    const one = await site.json<ImportDocument>(into(path, '--with-deleted', '--dry-run'));
    assert.deepEqual(
      one.folders.map((folder) => [folder.folder, folder.messages]),
      [[`Old/${head?.folder}`, messages?.length]],
    );
  }
  const directory = join(object, '../../..');
  const all = await site.json<ImportDocument>(into(directory, '--with-deleted', '--dry-run'));
  assert.deepEqual(all.folders.map(({ folder }) => folder).toSorted(), [
    'Old/INBOX',
    'Old/Work',
    'Old/Work/2020',
  ]);
});

test('what is damaged is named with its number, and the rest is taken; without a manifest it is a file like any other', async (t) => {
  const site = await siteTo(t);
  const copy = join(site.dir, 'copy');
  cpSync(from.archiveDir, copy, { recursive: true });
  const [object = ''] = findFiles(copy, '.eml.zip');
  const { messages = [] } =
    (await manifestsOf(from)).find(({ head: { format } }) => format === 'eml-zip') ?? {};
  const bytes = readFileSync(object);
  const { offset = 0, length = 0 } = messages[1]?.frame ?? {};
  const middle = offset + Math.floor(length / 2);
  bytes.fill(0, middle, middle + 8);
  writeFileSync(object, bytes);
  const part = await site.json<ImportDocument>(into(object, '--with-deleted'), 3);
  assert.deepEqual(
    part.problems.map(({ message }) => message),
    [2],
  );
  assert.equal(part.imported.messages, messages.length - 1);
  const manifest = object.replace('.eml.zip', '.manifest.jsonl.zst');
  writeFileSync(manifest, 'no manifest');
  assert.match(said(await site.run(into(object))), /its manifest can't be read/);
  rmSync(manifest);
  const [mbox = ''] = findFiles(copy, '.mbox.zst').filter((path) => path.includes('/ann-'));
  rmSync(mbox.replace('.mbox.zst', '.manifest.jsonl.zst'));
  const plain = await site.json<ImportDocument>(into(mbox, '--dry-run', '--with-deleted'));
  assert.deepEqual(
    plain.folders.map(({ folder }) => folder),
    ['Old'],
  );
});
