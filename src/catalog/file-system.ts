import { readFile, realpath } from 'node:fs/promises';
import { MothballError } from '../errors.ts';

/** Network and cluster file systems: their locks and syncs can't be relied on by SQLite. */
const network = new Set([
  ...'9p acfs afs ceph cifs coda drvfs gfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4'.split(' '),
  ...'ocfs2 orangefs pvfs2 smb2 smb3 smbfs vboxsf vmhgfs'.split(' '),
]);

/** FUSE file systems over a local disk; any other FUSE type may be a network. */
const localFuse = new Set(
  'bindfs encfs fuse-overlayfs gocryptfs mergerfs ntfs-3g exfat ext2 ext4 zfs cryfs fuse2fs'
    .split(' ')
    .map((name) => `fuse.${name}`),
);

/** True for file systems that other machines can change, or whose type leaves that open. */
export function isNetworkType(type: string): boolean {
  if (type === 'fuse' || type.startsWith('fuse.')) return !localFuse.has(type);
  return network.has(type);
}

/**
 * Type of the file system that a path is on, from the text of /proc/self/mountinfo (proc(5)).
 * The longest mount point wins, and of equal ones the last, which hides those before it.
 * Null when no line covers the path.
 */
export function fileSystemType(path: string, mountinfo: string): string | null {
  let best: { readonly point: string; readonly type: string } | null = null;
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ');
    const point = unescapeOctal(fields[4] ?? '');
    const type = fields[fields.indexOf('-', 6) + 1];
    if (point === '' || type === undefined || !covers(point, path)) continue;
    if (best === null || point.length >= best.point.length) best = { point, type };
  }
  return best?.type ?? null;
}

/**
 * Refuses a directory on a network file system. Where there is no mountinfo (not Linux) nothing is
 * known and nothing refused. @throws `database`; the error of realpath when the directory is missing.
 */
export async function requireLocal(directory: string, mountinfoPath = '/proc/self/mountinfo'): Promise<void> {
  const real = await realpath(directory);
  const mountinfo = await readFile(mountinfoPath, 'utf8').catch(() => null);
  const type = mountinfo === null ? null : fileSystemType(real, mountinfo);
  if (type === null || !isNetworkType(type)) return;
  throw new MothballError(
    {
      fact: `the catalog's directory ${directory} is on a network file system (${type}), where SQLite's locks and syncs do not hold`,
      notDone: 'nothing was opened',
      remedy: 'Put `database:` on a local disk, or use PostgreSQL',
    },
    { code: 'database' },
  );
}

function covers(point: string, path: string): boolean {
  return point === '/' || path === point || path.startsWith(`${point}/`);
}

/** mountinfo writes space, tab, newline and backslash as \ooo. */
function unescapeOctal(text: string): string {
  const binary = Buffer.from(text, 'utf8').toString('latin1');
  const plain = binary.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return Buffer.from(plain, 'latin1').toString('utf8');
}
