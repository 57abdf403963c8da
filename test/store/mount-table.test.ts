import assert from 'node:assert/strict';
import test from 'node:test';
import { ephemeralReason, mountOf, parseMountInfo } from '../../src/store/mount-table.ts';

const table = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
25 22 0:24 / /dev/shm rw,nosuid shared:5 - tmpfs tmpfs rw,size=65536k
30 22 0:40 / /var/lib/app rw,relatime - overlay overlay rw,lowerdir=/a - b
31 22 254:0 /data /srv/mail\\040archive rw - ext4 /dev/vda rw
32 22 254:0 /var/lib/kubelet/pods/1b2/volumes/kubernetes.io~empty-dir/tmp /archive rw master:3 propagate_from:1 - ext4 /dev/vda rw
33 22 0:50 / /srv rw - xfs /dev/vdb rw
34 33 0:51 / /srv rw - nfs4 nas:/x rw
not a mount at all
`;

test('a path lies on the longest mount above it, the last one mounted there', () => {
  const mounts = parseMountInfo(table);
  assert.equal(mounts.length, 7);
  const cases: readonly (readonly [string, string])[] = [
    ['/home/x', 'ext4'],
    ['/dev/shm', 'tmpfs'],
    ['/dev/shm/x', 'tmpfs'],
    ['/dev/shmx', 'ext4'],
    ['/var/lib/app/archive', 'overlay'],
    ['/srv/mail archive/x', 'ext4'],
    ['/srv/y', 'nfs4'],
  ];
  for (const [path, type] of cases) assert.equal(mountOf(mounts, path)?.type, type, path);
  assert.equal(mountOf([], '/x'), null);
});

test('tmpfs, overlay and emptyDir are told as places that do not last', () => {
  const mounts = parseMountInfo(table);
  const reason = (path: string): string | null => {
    const mount = mountOf(mounts, path);
    return mount && ephemeralReason(mount);
  };
  assert.match(reason('/dev/shm/a') ?? '', /tmpfs/);
  assert.match(reason('/var/lib/app') ?? '', /overlay/);
  assert.match(reason('/archive/a') ?? '', /emptyDir/);
  for (const path of ['/home', '/srv/y', '/srv/mail archive']) assert.equal(reason(path), null, path);
});
