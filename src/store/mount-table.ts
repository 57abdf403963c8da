/** One mount of this process (proc_pid_mountinfo(5)). */
export interface Mount {
  /** Path inside the mounted file system that is its root here. */
  readonly root: string;
  readonly mountPoint: string;
  readonly type: string;
}

/** Reads /proc/self/mountinfo. Other lines are left out. */
export function parseMountInfo(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    // … optional fields, then a lone hyphen, then type, source and options.
    const [before, after] = line.split(' - ', 2);
    const [, , , root, mountPoint] = (before ?? '').split(' ');
    const type = (after ?? '').split(' ')[0];
    if (root === undefined || mountPoint === undefined || type === undefined || type === '') return [];
    return [{ root: unescaped(root), mountPoint: unescaped(mountPoint), type }];
  });
}

/** The mount that an absolute, real path is on: the longest mount point above it, the last one mounted there. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | null {
  let best: Mount | null = null;
  for (const mount of mounts) {
    const prefix = mount.mountPoint === '/' ? '/' : `${mount.mountPoint}/`;
    const above = path === mount.mountPoint || path.startsWith(prefix);
    if (above && (best === null || mount.mountPoint.length >= best.mountPoint.length)) best = mount;
  }
  return best;
}

const fleeting = new Set(['tmpfs', 'ramfs', 'overlay', 'aufs', 'fuse-overlayfs']);

/** Why what is written there may be gone after a restart; null when nothing says so. */
export function ephemeralReason(mount: Mount): string | null {
  if (fleeting.has(mount.type)) return `it is on ${mount.type}`;
  const kubernetes = [mount.root, mount.mountPoint].some((path) =>
    path.includes('/kubernetes.io~empty-dir/'),
  );
  return kubernetes ? 'it is on a Kubernetes emptyDir volume' : null;
}

/** Blanks and backslashes are written as octal escapes. */
function unescaped(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
