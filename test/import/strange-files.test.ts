import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { listWithPython } from '../oracle/python-boxes.ts';
import { assertExit, makeSite, policy, said, type Site } from '../integration/installation.ts';

interface ImportDocument {
  readonly imported: { readonly messages: number };
  readonly present: number;
  readonly doubles: number;
  readonly folders: readonly { readonly folder: string; readonly messages: number }[];
  readonly problems: readonly {
    readonly path: string;
    readonly message: number | null;
    readonly offset: number | null;
    readonly reason: string;
  }[];
  readonly archives: readonly { readonly id: string; readonly verified: boolean }[];
  readonly otherFiles: number;
  readonly skipped: readonly { readonly path: string; readonly kind: string }[];
  readonly notes: readonly { readonly path: string; readonly note: string }[];
  readonly deleted: number;
  readonly folderData: number;
  readonly datedByFile: number;
  readonly labelsUnused: number;
}

const user = 'alice@example.com';
let site: Site;
let cases = 0;

before(async () => {
  // No import into the archive needs the server.
  site = await makeSite({
    server: { port: 1 },
    users: [user],
    policies: [policy('old', 365)],
    extra: { spool: { maxBytes: '40MiB' } },
  });
});

after(() => site.remove());

type Files = Readonly<Record<string, string | Uint8Array>>;

const head = 'From ada@example.com Mon Jan  5 12:00:00 2015\n';
let number = 0;
/** A message that no other has the bytes of. */
const mail = (fields = ''): string => {
  number += 1;
  return `From: Ada <ada@example.com>\nSubject: strange ${number}\nMessage-ID: <${number}@example.com>\n${fields}\nbody ${number}\n`;
};
const wire = (text: string): string => text.replaceAll('\n', '\r\n');
const sha = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

async function write(files: Files): Promise<string> {
  cases += 1;
  const root = join(site.dir, `case${cases}`);
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) await writeFile(path, content, 'utf8');
  }
  return root;
}

const into = (root: string, ...more: readonly string[]): readonly string[] => [
  'import',
  root,
  '--account',
  user,
  '--folder',
  `Case${cases}`,
  ...more,
];

/** Imports, after a dry run that must say the same, and compares what archives hold with the messages. */
async function imports(
  files: Files,
  messages: readonly string[],
  { code = 0, more = [] as readonly string[] } = {},
): Promise<ImportDocument> {
  const root = await write(files);
  const planned = await site.json<ImportDocument>(into(root, '--dry-run', ...more), code);
  const document = await site.json<ImportDocument>(into(root, ...more), code);
  const comparable = { ...document, archives: [], dryRun: true };
  assert.deepEqual(planned, comparable, 'the dry run says the same as the run');
  assert.equal(document.otherFiles, document.skipped.length);
  const made = new Set(document.archives.map(({ id }) => id));
  const stored = site
    .archives()
    .filter(({ head: { id } }) => made.has(id))
    .flatMap((archive) => archive.messages.map(({ bytes }) => sha(bytes)));
  assert.deepEqual(stored.toSorted(), messages.map((text) => sha(wire(text))).toSorted());
  const relative = (path: string): string => path.slice(root.length + 1);
  return {
    ...document,
    skipped: document.skipped.map(({ path, kind }) => ({ path: relative(path), kind })),
    problems: document.problems.map((problem) => ({ ...problem, path: relative(problem.path) })),
  };
}

test('an mbox of many dialects, with and without empty lines, gives each message', async () => {
  const [a, b, c, d] = [mail(), mail(), mail(), mail()];
  const box = `\n\n${head}${a}\nFrom - x@y Mon Oct 16 2023 16:18:56 GMT-0700 (PDT)\n${b}${head}${c}\nFrom \n${d}`;
  const { imported } = await imports({ Inbox: `\ufeff${box}` }, [a, b, c, d]);
  assert.equal(imported.messages, 4);
});

test('where Python finds the same From_ lines, it finds the same messages', async () => {
  const texts = [mail(), mail(), mail()];
  const root = await write({ 'a.mbox': texts.map((text) => head + text).join('') });
  const python = listWithPython('mbox', join(root, 'a.mbox'));
  assert.deepEqual(
    python.map(({ sha256 }) => sha256),
    texts.map(sha),
  );
  const document = await site.json<ImportDocument>(into(root));
  assert.equal(document.imported.messages, python.length);
});

test('compressed messages are taken, those that can be decompressed by nobody here are named', async () => {
  const [a, b, c] = [mail(), mail(), mail()];
  const { problems, skipped } = await imports(
    {
      'cur/1.a:2,S': gzipSync(a),
      'cur/2.a:2,S': zstdCompressSync(b),
      'cur/3.a:2,S': Buffer.concat([Buffer.from('CRYPTED\x03\x07'), Buffer.alloc(90, 0xf1)]),
      'cur/4.a:2,S': Buffer.from('04224d186440a7', 'hex'),
      'new/5.a': c,
    },
    [a, b, c],
    { code: 3 },
  );
  assert.deepEqual(skipped, [
    { path: 'cur/3.a:2,S', kind: 'encrypted by Dovecot' },
    { path: 'cur/4.a:2,S', kind: 'compressed with lz4' },
  ]);
  assert.deepEqual(
    problems.map(({ path }) => path),
    skipped.map(({ path }) => path),
  );
});

test('deleted mail and notes about a folder are skipped and counted, until someone wants the deleted mail', async () => {
  const [gone, kept, also] = [
    `X-Mozilla-Status: 0009\n${mail()}`,
    `X-Mozilla-Status: 0001\n${mail()}`,
    `Status: RO\nX-Status: D\n${mail()}`,
  ];
  const note =
    "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1234567890 0000000042 work\nStatus: RO\n\nThis text is part of the internal format.\n";
  const box = [note, gone, kept, also].map((text) => `${head}${text}`).join('\n');
  const first = await imports({ Inbox: box }, [kept]);
  assert.deepEqual([first.deleted, first.folderData], [2, 1]);
  const second = await imports({ Inbox: box }, [gone, also], { more: ['--with-deleted'] });
  assert.deepEqual([second.deleted, second.folderData, second.present], [0, 1, 1]);
  for (const archive of site.archives())
    for (const { line } of archive.messages) assert.ok(!line.flags.includes('\\deleted'));
  const trashed = await imports({ 'cur/1.a:2,ST': mail(), 'cur/2.a:2,S': kept }, []);
  assert.deepEqual([trashed.deleted, trashed.present], [1, 1]);
});

test('an import that finds no mail fails and lists what was there; skipped mail is a problem', async () => {
  const empty = await imports({ 'notes.txt': 'x', 'sub/a.msf': 'x' }, [], { code: 1 });
  assert.deepEqual(empty.skipped, [
    { path: 'notes.txt', kind: 'no mail file' },
    { path: 'sub/a.msf', kind: 'index of Thunderbird' },
  ]);
  await imports({ 'sub/': '' }, [], { code: 1 });
  await imports({ mm: '\x01\x01\x01\x01\nFrom: x\n\ny\n\x01\x01\x01\x01\n' }, [], { code: 1 });
  const one = mail();
  const mixed = await imports({ 'a.eml': one, RMAIL: 'BABYL OPTIONS:\n' }, [one], { code: 3 });
  assert.deepEqual(
    mixed.problems.map(({ path, reason }) => [path, reason]),
    [['RMAIL', 'not imported: Babyl']],
  );
  const told = await site.run(into(await write({ 'notes.txt': 'x', Inbox: '' })));
  assertExit(told, 1);
  assert.match(said(told), /1 file skipped, no mail file:\n +\S+notes\.txt/);
  assert.match(said(told), /no mail was found/);
});

test('a message that is too large is named by its offset, by the dry run too, and the rest follows', async () => {
  const [a, b] = [mail(), mail()];
  const large = `Subject: large ${'x'.repeat(20)}\n\n${'text\n'.repeat(2_200_000)}`;
  const { problems } = await imports(
    { 'a.mbox': [a, large, b].map((text) => `${head}${text}`).join('\n') },
    [a, b],
    {
      code: 3,
    },
  );
  assert.deepEqual(
    problems.map(({ message, offset }) => [message, offset]),
    [[2, head.length + a.length + 1]],
  );
});

test('a message without a date that can be read gets the time of its file, and this is counted', async () => {
  const dated = mail('Date: Monday, January 06, 2020 10:00 AM\n');
  const received = mail('Received: from x by y; Mon, 06 Jan 20 11:00:00 UTC\nDate: soon\n');
  const none = mail('Date: soon\n');
  const root = await write({ '1.eml': dated, '2.eml': received, '3.eml': none });
  await utimes(join(root, '3.eml'), 1_500_000_000, 1_500_000_000);
  const document = await site.json<ImportDocument>(into(root));
  assert.equal(document.datedByFile, 1);
  const made = new Set(document.archives.map(({ id }) => id));
  const dates = site.archives().flatMap((one) => (made.has(one.head.id) ? one.messages : []));
  assert.deepEqual(
    dates.map(({ line }) => line.internalDate),
    ['2020-01-06T10:00:00.000Z', '2020-01-06T11:00:00.000Z', '2017-07-14T02:40:00.000Z'],
  );
});

test('labels of Gmail make folders where this is asked for, in one archive each; else they are pointed out', async () => {
  const labels = ['Work', 'Inbox,Unread', 'Work,Starred', '=?UTF-8?Q?B=C3=BCro/2019?=', 'Inbox'];
  const messages = labels.map((label) => `X-Gmail-Labels: ${label}\n${mail()}`);
  const box = messages.map((text) => `${head}${text}`).join('\n');
  const root = await write({ 'All mail.mbox': box });
  const plain = await site.run(into(root, '--dry-run'));
  assert.match(said(plain), /5 messages with Gmail labels: --folders-from gmail-labels/);
  const document = await imports({ 'All mail.mbox': box }, messages, {
    more: ['--folders-from', 'gmail-labels'],
  });
  assert.deepEqual(
    document.folders.map(({ folder, messages: count }) => [folder, count]),
    [
      [`Case${cases}/Work`, 2],
      [`Case${cases}/Inbox`, 2],
      [`Case${cases}/Büro/2019`, 1],
    ],
  );
  assert.deepEqual([document.archives.length, document.labelsUnused], [3, 0]);
  const flags = site
    .archives()
    .filter((one) => one.head.folder === `Case${cases}/Work`)
    .flatMap((one) => one.messages.map(({ line }) => line.flags));
  assert.deepEqual(flags, [['\\seen'], ['\\seen', '\\flagged']]);
});
