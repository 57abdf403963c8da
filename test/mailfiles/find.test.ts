import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import test from 'node:test';
import { findMail } from '../../src/mailfiles/find.ts';
import type { MailFileKind } from '../../src/ports/mail-files.ts';
import { tree } from './tree.ts';

const mbox = 'From a@b Thu Jan  1 00:00:00 1970\nSubject: x\n\ny\n';

/** `kind folder/levels file flags`, or what is not mail. */
async function list(root: string, kind: MailFileKind | null = null): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const found of findMail(root, kind)) {
    if (found.kind !== 'file') lines.push(`${found.kind} ${relative(root, found.path)}`);
    else {
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
  assert.deepEqual(await list(root), ['eml . b.eml', 'other notes.txt', 'eml sub/deep sub/deep/a.EML']);
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
    'other Inbox.msf',
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
    'maildir Sub/Zdjęcia .Sub.Zdj&ARk-cia/cur/5.e:2,S \\seen',
    // A hidden directory of a Maildir that is no Maildir itself.
    'other .git/config',
    'maildir Nested Nested/cur/6.f',
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
