/**
 * Preloaded by `node --import`: a disk that keeps only what was synced. Each fsync copies what the file
 * or directory is at that moment to DISK_SHADOW; `powerLoss` leaves what it finds there. With
 * DISK_KILL_AT the process dies right before its n-th fsync. SQLite does not sync through Node.
 */
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const root = process.env['DISK_ROOT'] ?? '';
const shadow = process.env['DISK_SHADOW'] ?? '';
const killAt = Number(process.env['DISK_KILL_AT'] ?? 0);
let syncs = 0;

/** An inode number is given out again: with its birth it is one file for good. */
const nameOf = ({ ino, birthtimeNs }: fs.BigIntStats): string => `${ino}-${birthtimeNs}`;

/** Null: not on this disk. */
function pathOf(descriptor: number): string | null {
  const path = fs.readlinkSync(`/proc/self/fd/${descriptor}`);
  return path === root || path.startsWith(`${root}/`) ? path : null;
}

function before(descriptor: number): void {
  if (pathOf(descriptor) === null) return;
  syncs += 1;
  fs.appendFileSync(join(shadow, 'log'), `${syncs} ${pathOf(descriptor)?.slice(root.length) ?? ''}\n`);
  if (syncs === killAt) process.kill(process.pid, 'SIGKILL');
}

function keep(descriptor: number): void {
  const path = pathOf(descriptor);
  if (path === null) return;
  const stat = fs.fstatSync(descriptor, { bigint: true });
  const copy = join(shadow, nameOf(stat));
  if (!stat.isDirectory()) return fs.copyFileSync(`/proc/self/fd/${descriptor}`, copy);
  const names = fs.readdirSync(path).map((name) => {
    const entry = fs.lstatSync(join(path, name), { bigint: true });
    return { name, inode: nameOf(entry), directory: entry.isDirectory() };
  });
  fs.writeFileSync(copy, JSON.stringify(names));
}

const handle = await open('/dev/null');
const prototype: object = Object.getPrototypeOf(handle);
await handle.close();
for (const name of ['sync', 'datasync']) {
  const original: unknown = Reflect.get(prototype, name);
  if (typeof original !== 'function') throw new Error(`a file handle has no ${name}()`);
  Reflect.set(prototype, name, async function sync(this: { readonly fd: number }): Promise<void> {
    before(this.fd);
    await Reflect.apply(original, this, []);
    keep(this.fd);
  });
}
