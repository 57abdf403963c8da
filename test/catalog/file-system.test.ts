import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileSystemType, isNetworkType, requireLocal } from '../../src/catalog/file-system.ts';
import { directory } from './directory.ts';

const mountinfo = `22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:30 / /mnt rw shared:1 master:2 - tmpfs tmpfs rw
31 30 0:31 / /mnt/mail rw,relatime - nfs4 host:/export/a-b rw,vers=4.2
32 30 0:32 / /mnt/with\\040space rw,relatime shared:7 - cifs //host/share rw
33 30 0:33 / /mnt/mailbox rw - fuse.sshfs me@host: rw
34 22 0:34 / /over rw - nfs host:/x rw
35 22 0:35 / /over rw - xfs /dev/vdb rw
36 22 0:36 / /mnt/za\u017c\u00f3\u0142\u0107 rw - ceph mon:/ rw
`;

test('the file system of a path is that of its longest mount point', () => {
  const expected: Readonly<Record<string, string>> = {
    '/': 'ext4',
    '/var/lib/mothball': 'ext4',
    '/mnt': 'tmpfs',
    '/mnt/mail': 'nfs4',
    '/mnt/mail/a': 'nfs4',
    '/mnt/mails': 'tmpfs',
    '/mnt/mailbox/a': 'fuse.sshfs',
    '/mnt/with space/db': 'cifs',
    '/over/db': 'xfs',
    '/mnt/za\u017c\u00f3\u0142\u0107/db': 'ceph',
  };
  for (const [path, type] of Object.entries(expected))
    assert.equal(fileSystemType(path, mountinfo), type, path);
  assert.equal(fileSystemType('/a', ''), null);
});

test('network file systems and unknown FUSE types are told from local ones', () => {
  const remote = [
    'nfs',
    'nfs4',
    'cifs',
    'smb3',
    '9p',
    'ceph',
    'glusterfs',
    'fuse.sshfs',
    'fuse.glusterfs',
    'fuse',
  ];
  for (const type of [...remote, 'lustre', 'fuse.s3fs']) assert.equal(isNetworkType(type), true, type);
  for (const type of [
    'ext4',
    'xfs',
    'btrfs',
    'zfs',
    'tmpfs',
    'overlay',
    'fuseblk',
    'fuse.gocryptfs',
    'apfs',
  ]) {
    assert.equal(isNetworkType(type), false, type);
  }
});

test('a directory on a network file system is refused with its type, a local one is not', async (t) => {
  const path = await directory(t);
  const info = join(path, 'mountinfo');
  await writeFile(info, '1 1 0:1 / / rw - fuse.sshfs host:/ rw\n');
  await assert.rejects(requireLocal(path, info), {
    code: 'database',
    message: /network file system \(fuse\.sshfs\)/,
  });
  await requireLocal(path);
  await requireLocal(path, join(path, 'none'));
});
