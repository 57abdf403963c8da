import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { writeWithPython } from '../oracle/python-boxes.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { RunDocument } from '../integration/documents.ts';
import { assertExit, makeSite, policy, said, type Site } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';

interface ImportDocument {
  readonly imported: { readonly messages: number };
  readonly present: number;
  readonly full: string | null;
}

const user = 'alice@example.com';
let dovecot: Dovecot;
let site: Site;

before(async () => {
  dovecot = await startDovecot({ quotaBytes: 400_000 });
  site = await makeSite({
    server: { port: dovecot.port },
    users: [user, 'full@example.com'],
    policies: [policy('old', 365)],
  });
});

after(async () => {
  await site.remove();
  await dovecot.stop();
});

const onto = (path: string, folder: string, account = user): readonly string[] => [
  'import',
  path,
  '--account',
  account,
  '--folder',
  folder,
  '--to-server',
  '--yes',
];

test('mail from files goes onto the server with folders, flags and dates, and is never doubled', async () => {
  const path = join(site.dir, 'box');
  writeWithPython('maildir', path, 30);
  const planned = await site.json<ImportDocument>([...onto(path, 'Imported'), '--dry-run']);
  assert.equal(planned.imported.messages, 30);
  assert.deepEqual(subjects(await snapshot(dovecot, user)), []);
  const first = await site.json<ImportDocument>(onto(path, 'Imported'));
  assert.deepEqual([first.imported.messages, first.present], [30, 0]);
  const there = await snapshot(dovecot, user);
  assert.equal(there.messages.filter(({ folder }) => folder === 'Imported/Sub/Deep').length, 10);
  for (const { subject, internalDate, flags } of there.messages) {
    const number = Number(subject.replace('python ', ''));
    assert.equal(internalDate.getTime(), (1_400_000_000 + number) * 1000);
    assert.deepEqual(flags.toSorted(), number % 2 === 1 ? ['\\Seen'] : ['\\Answered', '\\Flagged']);
  }
  const replanned = await site.json<ImportDocument>([...onto(path, 'Imported'), '--dry-run']);
  assert.deepEqual([replanned.imported.messages, replanned.present], [0, 30]);
  const second = await site.json<ImportDocument>(onto(path, 'Imported'));
  assert.deepEqual([second.imported.messages, second.present], [0, 30]);
  assert.deepEqual(await snapshot(dovecot, user), there);
});

test('policies leave imported mail alone, as they do with restored mail', async () => {
  const there = await snapshot(dovecot, user);
  const { runs } = await site.json<RunDocument>(['run', '--account', user, '--yes']);
  assert.equal(runs[0]?.archived.messages, 0);
  assert.ok(runs[0].skipped.some(({ reason }) => /restored/.test(reason)));
  assert.deepEqual(await snapshot(dovecot, user), there);
});

test('a copy that is there already counts, however it came there', async () => {
  const own = note('own', 500);
  await seedByAppend(dovecot, user, [{ ...own, folder: 'Other' }]);
  const path = join(site.dir, 'trees');
  await mkdir(join(path, 'Sub'), { recursive: true });
  await writeFile(join(path, 'own.eml'), own.raw);
  await writeFile(
    join(path, 'Sub', 'own.eml'),
    own.raw.toString('latin1').replaceAll('\r\n', '\n'),
    'latin1',
  );
  const document = await site.json<ImportDocument>(onto(path, 'Other'));
  assert.deepEqual([document.imported.messages, document.present], [1, 1]);
  assert.equal(subjects(await snapshot(dovecot, user), 'Other/Sub').length, 1);
});

test('a full mailbox stops the import, which says so; once there is space the rest follows', async () => {
  const account = 'full@example.com';
  const path = join(site.dir, 'big.mbox');
  for (let number = 0; number < 20; number++) {
    await appendFile(
      path,
      `From a@b Sun Mar  1 00:00:0${number % 10} 2015\nSubject: big ${number}\n\n${'text\n'.repeat(6_000)}\n`,
    );
  }
  const result = await site.run([...onto(path, 'Big', account)]);
  assertExit(result, 3);
  assert.match(said(result), /OVERQUOTA/);
  assert.match(said(result), /mailbox is full/);
  assert.equal(said(result).match(/refused/g)?.length, 1, 'the first refusal ends it');
  const there = (await snapshot(dovecot, account)).messages.length;
  assert.ok(there > 5 && there < 20);
  const config = join(dovecot.dir, 'dovecot.conf');
  await writeFile(config, (await readFile(config, 'utf8')).replaceAll('400000', '40000000'));
  dovecot.doveadm(['reload']);
  const rest = await site.json<ImportDocument>(onto(path, 'Big', account));
  assert.deepEqual([rest.imported.messages, rest.present, rest.full], [20 - there, there, null]);
  assert.equal((await snapshot(dovecot, account)).messages.length, 20);
});

test('while another process has the account nothing is imported', async () => {
  const { openLocks } = await import('../../src/catalog/locks.ts');
  await using lock = await openLocks(`${site.database}.locks`).account({ server: 'main', account: user });
  assert.ok(lock !== null);
  const there = await snapshot(dovecot, user);
  assertExit(await site.run(onto(join(site.dir, 'trees'), 'Locked')), 11);
  assert.deepEqual(await snapshot(dovecot, user), there);
});
