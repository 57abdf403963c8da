import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { findMail } from '../../src/mailfiles/find.ts';
import { readMail } from '../../src/mailfiles/read.ts';
import type { MailFileKind } from '../../src/ports/mail-files.ts';
import { tree } from './tree.ts';

const mbox = 'From a@b Thu Jan  1 00:00:00 1970\nSubject: x\n\ny\n';

/** `kind folder/levels file flags`, or what is not mail. */
async function list(root: string, kind: MailFileKind | null = null): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const found of findMail(root, kind)) {
    if (found.kind === 'fault') lines.push(`fault ${relative(root, found.path)}`);
    else if (found.kind === 'other')
      lines.push(`${found.mail ? 'OTHER' : 'other'} ${relative(root, found.path)}: ${found.what}`);
    else if (found.kind !== 'archive') {
      const { file } = found;
      lines.push(
        [file.kind, file.folder.join('/') || '.', relative(root, file.path), ...file.flags].join(' '),
      );
    }
  }
  return lines;
}

test('a tree of .eml files gives its directories as folders', async (t) => {
  const root = await tree(t, { 'b.eml': 'x', 'sub/deep/a.EML': 'x', 'notes.txt': 'x', '.hidden.eml': 'x' });
  assert.deepEqual(await list(root), [
    'eml . .hidden.eml',
    'eml . b.eml',
    'other notes.txt: no mail file',
    'eml sub/deep sub/deep/a.EML',
  ]);
  assert.ok((await list(root, 'eml')).includes('eml . notes.txt'));
});

test('mbox files are known by their first line or their name, and Thunderbird keeps folders in .sbd', async (t) => {
  const root = await tree(t, {
    Inbox: mbox,
    'Inbox.msf': 'index',
    'Inbox.sbd/2019.mbox': mbox,
    'old.mbox.gz': '\x1f\x8b',
    'broken.mbox': 'x',
  });
  assert.deepEqual(await list(root), [
    'mbox Inbox Inbox',
    'other Inbox.msf: index of Thunderbird',
    'mbox broken broken.mbox',
    'mbox old old.mbox.gz',
    'mbox Inbox/2019 Inbox.sbd/2019.mbox',
  ]);
});

test('a Maildir has its folders beside cur and new, or as directories, and flags in names', async (t) => {
  const root = await tree(t, {
    'cur/1.a:2,FS': 'x',
    'cur/2.b:2,a': 'x',
    'new/3.c': 'x',
    'tmp/4.d': 'x',
    'dovecot-keywords': '0 $label1\n',
    'dovecot-uidlist': 'x',
    '.Sub.Zdj&ARk-cia/cur/5.e:2,S': 'x',
    '.Sub.Zdj&ARk-cia/new/': '',
    'Nested/cur/6.f': 'x',
    'Nested/new/': '',
    '.git/config': 'x',
  });
  assert.deepEqual(await list(root), [
    'maildir . cur/1.a:2,FS \\flagged \\seen',
    'maildir . cur/2.b:2,a $label1',
    'maildir . new/3.c',
    'other tmp/4.d: never delivered (tmp)',
    'other dovecot-keywords: index of a Maildir',
    'other dovecot-uidlist: index of a Maildir',
    'maildir Sub/Zdjęcia .Sub.Zdj&ARk-cia/cur/5.e:2,S \\seen',
    // A hidden directory of a Maildir that is no Maildir itself.
    'other .git/config: no mail file',
    'maildir Nested Nested/cur/6.f',
  ]);
});

const mail = 'From: Ada <ada@example.com>\nSubject: x\n\ny\n';

test('a Maildir may have cur or new alone, where they hold what looks like mail', async (t) => {
  const root = await tree(t, {
    'Box/cur/1.a:2,S': 'x',
    'Fresh/new/message': mail,
    'Packed/cur/x': Buffer.from('CRYPTED\x03\x07'),
    'Thunderbird/cur/1.eml': mail,
    'code/cur/main.c': 'int main',
    'dir/new/1.eml': mail,
  });
  assert.deepEqual(await list(root), [
    'maildir Box Box/cur/1.a:2,S \\seen',
    'maildir Fresh Fresh/new/message',
    'maildir Packed Packed/cur/x',
    'maildir Thunderbird Thunderbird/cur/1.eml',
    'other code/cur/main.c: no mail file',
    'eml dir/new dir/new/1.eml',
  ]);
  const odd = await tree(t, { 'cur/message': 'x' });
  assert.deepEqual(await list(odd, 'maildir'), ['maildir . cur/message']);
});

test('folders with a dot need no Maildir above them, and other hidden directories are looked into', async (t) => {
  const root = await tree(t, {
    '.Sent/cur/1.a:2,S': mail,
    '.Sub.Zdj&ARk-cia/new/2.a': mail,
    '.Trash/Inbox': mbox,
    '.hidden.mbox': mbox,
    '..odd/cur/3.a:2,': mail,
    '.cache/x': 'x',
    'fs/Zdj&ARk-cia/cur/4.a:2,': mail,
    'fs/R&D/cur/5.a:2,': mail,
  });
  assert.deepEqual(await list(root), [
    'mbox hidden .hidden.mbox',
    'maildir odd ..odd/cur/3.a:2,',
    'maildir Sent .Sent/cur/1.a:2,S \\seen',
    'maildir Sub/Zdjęcia .Sub.Zdj&ARk-cia/new/2.a',
    'mbox Trash/Inbox .Trash/Inbox',
    'other .cache/x: no mail file',
    'maildir fs/R&D fs/R&D/cur/5.a:2,',
    'maildir fs/Zdjęcia fs/Zdj&ARk-cia/cur/4.a:2,',
  ]);
});

test('what lies beside and below cur and new is taken or named', async (t) => {
  const root = await tree(t, {
    'cur/0.a:2,': mail,
    'cur/.hidden': mail,
    'cur/old/1.a:2,S': mail,
    'new/.k': '',
    'saved.eml': mail,
    'Extra.mbox': mbox,
  });
  assert.deepEqual(await list(root), [
    'OTHER cur/.hidden: hidden file',
    'maildir . cur/0.a:2,',
    'maildir old cur/old/1.a:2,S \\seen',
    'other new/.k: hidden file',
    'mbox Extra Extra.mbox',
    'eml . saved.eml',
  ]);
});

test('directories of Apple Mail are folders by their name, whatever is in them', async (t) => {
  const root = await tree(t, {
    'Work.mbox/mbox': mbox,
    'Work.mbox/table_of_contents': 'x',
    'Work.mbox/Sub.mbox/mbox': mbox,
    'V9/INBOX.mbox/01234567-89AB-CDEF-0123-456789ABCDEF/Data/0/1/Messages/1.emlx': '1\nx',
    'V9/INBOX.mbox/01234567-89AB-CDEF-0123-456789ABCDEF/Data/Messages/9.partial.emlx': '1\nx',
    'N.sbd/Deep': mbox,
  });
  const data = 'V9/INBOX.mbox/01234567-89AB-CDEF-0123-456789ABCDEF/Data';
  assert.deepEqual(await list(root), [
    'mbox N/Deep N.sbd/Deep',
    `emlx V9/INBOX ${data}/0/1/Messages/1.emlx`,
    `emlx V9/INBOX ${data}/Messages/9.partial.emlx`,
    'mbox Work Work.mbox/mbox',
    'other Work.mbox/table_of_contents: table_of_contents',
    'mbox Work/Sub Work.mbox/Sub.mbox/mbox',
  ]);
});

test('names that are not UTF-8 are read as Latin-1, and their files are found', async (t) => {
  const root = await tree(t, {});
  const raw = (name: string): Buffer => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, 'latin1')]);
  await mkdir(raw('B\xfcro'));
  await writeFile(raw('B\xfcro/Gesch\xe4ft.mbox'), mbox);
  await mkdir(raw('B\xfcro/cur'));
  await writeFile(raw('B\xfcro/cur/1.\xe4:2,S'), mail);
  assert.deepEqual(await list(root), [
    'maildir Büro Büro/cur/1.ä:2,S \\seen',
    'mbox Büro/Geschäft Büro/Geschäft.mbox',
  ]);
  for await (const found of findMail(root, null)) {
    assert.ok(found.kind === 'file');
    const kinds: string[] = [];
    for await (const event of readMail(found.file, null)) kinds.push(event.kind);
    assert.deepEqual([...new Set(kinds)], ['message', 'data', 'end'], found.file.path);
  }
});

test('mail in forms that are not read is named as what it is', async (t) => {
  const root = await tree(t, {
    mmdf: '\x01\x01\x01\x01\nFrom: x\n',
    RMAIL: 'BABYL OPTIONS: -*- rmail -*-\n',
    'inbox/1': mail,
    'inbox/.mh_sequences': 'cur: 1\n',
    'note.txt': mail,
    'a.mbox.bz2': 'BZh91AY&SY',
    'a.mbox.xz': Buffer.from('fd377a585a0000', 'hex'),
    'old.pst': '!BDN',
    '._a.eml': Buffer.from('00051607', 'hex'),
    void: '',
    '2015-January.txt.gz': gzipSync(mbox),
    'a.mbox.zip': 'PK\x03\x04',
  });
  assert.deepEqual(await list(root), [
    'other ._a.eml: AppleDouble',
    'mbox 2015-January.txt 2015-January.txt.gz',
    'OTHER RMAIL: Babyl',
    'mbox a a.mbox.bz2',
    'mbox a a.mbox.xz',
    'fault a.mbox.zip',
    'OTHER mmdf: MMDF',
    'OTHER note.txt: message without .eml in its name',
    'OTHER old.pst: data file of Outlook',
    'other void: empty file',
    'other inbox/.mh_sequences: index of MH',
    'OTHER inbox/1: MH',
  ]);
});

test('symbolic links are told and never followed, wherever they lead', async (t) => {
  const outside = await tree(t, { 'secret.eml': 'x', 'sub/other.eml': 'x' });
  const root = await tree(t, { 'a.eml': 'x', 'm/cur/': '', 'm/new/1.a': 'x' });
  await symlink(join(outside, 'secret.eml'), join(root, 'link.eml'));
  await symlink(outside, join(root, 'linked'));
  await symlink(root, join(root, 'loop'));
  await symlink(join(outside, 'secret.eml'), join(root, 'm/cur/2.b:2,S'));
  assert.deepEqual(await list(root), [
    'eml . a.eml',
    'fault link.eml',
    'fault linked',
    'fault loop',
    'fault m/cur/2.b:2,S',
    'maildir m m/new/1.a',
  ]);
  // The path itself is the person's own choice.
  await symlink(outside, join(root, 'm/chosen'));
  assert.equal((await list(join(root, 'm/chosen'))).length, 2);
});

test('a single file goes into the folder itself; one that is nothing known needs --kind', async (t) => {
  const root = await tree(t, { box: mbox, 'one.eml': 'x', 'what.txt': 'x', empty: '' });
  assert.deepEqual(await list(join(root, 'box')), ['mbox . ']);
  assert.deepEqual(await list(join(root, 'one.eml')), ['eml . ']);
  assert.deepEqual(await list(join(root, 'what.txt'), 'eml'), ['eml . ']);
  for (const name of ['what.txt', 'empty', 'missing'])
    await assert.rejects(list(join(root, name)), { code: 'usage' }, name);
});
