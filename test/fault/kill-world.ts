import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { note, type SeedMessage } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type KeyPair, makeEncryptedSite } from '../integration/encrypted-site.ts';
import { assertExit, makeSite, policy, type Site, type SiteWish } from '../integration/installation.ts';
import { makeS3Site, prefix, toCold } from '../integration/s3-site.ts';
import { subjects } from '../integration/subjects.ts';
import { type Archive, findFiles } from '../oracle/archives.ts';
import { bucketRequest, listBucket } from '../oracle/bucket.ts';
import { assertNothingLost } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import type { Dovecot } from '../servers/dovecot.ts';
import type { Rgw } from '../servers/rgw.ts';
import { adminClient, makeBucket } from '../store/s3/bucket.ts';
import { inParts, largeMail } from './beside-site.ts';

export type StoreKind = 'local' | 'encrypted' | 's3';
export type DeleteMode = 'expunge' | 'trash';

export interface Servers {
  readonly dovecot: Dovecot;
  readonly keys: KeyPair;
  /** Only for the kind `s3`. */
  readonly rgw?: Rgw;
}

/** The part of a site that every kind has. */
type AnySite = Pick<Site, 'dir' | 'run' | 'runProcess' | 'remove'>;

/** One mailbox and one installation, which can be put back to where they were. */
export interface KillWorld {
  readonly site: AnySite;
  /** What the mailbox held at first. */
  readonly full: Snapshot;
  now(): Promise<Snapshot>;
  archives(): Promise<readonly Archive[]>;
  /** Names of objects, manifests left out. */
  objects(): Promise<readonly string[]>;
  /** Keeps everything as it is: mailbox, installation, store. */
  save(): Promise<void>;
  /** Puts everything back to what was kept. */
  back(): Promise<void>;
  remove(): Promise<void>;
}

const mail: readonly SeedMessage[] = [
  ...Array.from({ length: 3 }, (_, index) => note(`old ${index}`, 500 + index, { size: 2_000 })),
  note('flagged', 700, { flags: ['\\Flagged'] }),
  note('young', 3),
];
const second: readonly SeedMessage[] = [
  note('list one', 600, { folder: 'Lists' }),
  note('list two', 650, { folder: 'Lists' }),
  note('young list', 4, { folder: 'Lists' }),
];

interface Store extends Pick<KillWorld, 'archives' | 'objects'> {
  readonly site: AnySite;
  save(): Promise<void>;
  back(): Promise<void>;
}

export interface PairKind {
  readonly store: StoreKind;
  readonly mode: DeleteMode;
  /** `large`: so much mail that some of it is deleted on a second login while the rest is archived. */
  readonly mail: 'one folder' | 'two folders' | 'large';
}

const mailOf: Readonly<Record<PairKind['mail'], readonly SeedMessage[]>> = {
  'one folder': mail,
  'two folders': [...mail, ...second],
  large: largeMail,
};

/** A fresh user whose old mail waits to be archived and deleted. */
export async function killWorld(servers: Servers, user: string, kind: PairKind): Promise<KillWorld> {
  const { dovecot } = servers;
  await seedUser(dovecot, user, mailOf[kind.mail]);
  const full = await snapshot(dovecot, user);
  const wish: SiteWish = {
    server: { port: dovecot.port },
    users: [user],
    policies: [
      policy('old', 365, {
        ...(kind.store === 's3' ? toCold : {}),
        ...(kind.mail === 'large' ? { archive: inParts } : {}),
        delete: { after: '0d', mode: kind.mode },
        folders: { include: ['INBOX', 'Lists'] },
      }),
    ],
  };
  const store = await storeOf(servers, wish, kind);
  const kept = mkdtempSync(join(tmpdir(), 'kept-'));
  const maildir = join(dovecot.mailDir, user);
  return {
    ...store,
    full,
    now: () => snapshot(dovecot, user),
    async save() {
      copy(store.site.dir, join(kept, 'site'));
      copy(maildir, join(kept, 'mail'));
      await store.save();
    },
    async back() {
      copy(join(kept, 'site'), store.site.dir);
      copy(join(kept, 'mail'), maildir);
      await store.back();
    },
    async remove() {
      await store.site.remove();
      await rm(kept, { recursive: true, force: true });
    },
  };
}

/** The directory becomes what the other one is, owners and times included. */
function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(to)) rmSync(join(to, name), { recursive: true, force: true });
  if (process.getuid?.() === 0) execFileSync('cp', ['-a', `${from}/.`, to]);
  else cpSync(from, to, { recursive: true, preserveTimestamps: true });
}

async function storeOf(servers: Servers, wish: SiteWish, kind: PairKind): Promise<Store> {
  const { store } = kind;
  if (store === 's3') return bucketStore(servers, wish);
  const site = store === 'encrypted' ? await makeEncryptedSite(wish, servers.keys) : await makeSite(wish);
  if (store === 'encrypted') assertExit(await site.run(['validate', '--identity', servers.keys.identity]), 0);
  const ending = store === 'encrypted' ? '.mbox.zst.age' : '.mbox.zst';
  const manifestEnding = ending.replace('.mbox', '.manifest.jsonl');
  return {
    site,
    archives: async () => site.archives(),
    async objects() {
      const found = findFiles(site.archiveDir, ending);
      // With large mail a kill for one connection may hit the other in the middle of a file; `expire` removes it.
      if (kind.mail === 'large')
        return found.filter((path) => existsSync(`${path.slice(0, -ending.length)}${manifestEnding}`));
      assert.deepEqual(findFiles(site.archiveDir, '.partial'), [], 'partial files are left');
      return found;
    },
    // The archive is in the directory of the site.
    save: async () => undefined,
    back: async () => undefined,
  };
}

async function bucketStore({ rgw }: Servers, wish: SiteWish): Promise<Store> {
  if (rgw === undefined) throw new Error('the kind s3 needs an S3 server');
  const admin = adminClient(rgw);
  const bucket = await makeBucket(admin, { versions: false });
  admin.destroy();
  const site = await makeS3Site({ ...wish, access: rgw, bucket });
  let kept = new Map<string, Buffer>();
  const get = (key: string): Promise<Buffer> => bucketRequest(rgw, { path: `${bucket}/${key}` });
  return {
    site,
    archives: () => site.archives(),
    objects: async () => (await listBucket(rgw, bucket)).filter((key) => key.endsWith('.mbox.zst')),
    async save() {
      kept = new Map();
      for (const key of await listBucket(rgw, bucket)) kept.set(key, await get(key));
    },
    async back() {
      for (const key of await listBucket(rgw, bucket)) {
        // Objects are never overwritten: what has a known name is as it was.
        assert.ok(key.startsWith(prefix));
        if (!kept.has(key)) await bucketRequest(rgw, { method: 'DELETE', path: `${bucket}/${key}` });
      }
    },
  };
}

export const selectedOf = (full: Snapshot): Snapshot['messages'] =>
  selectByRule(full, { olderThanDays: 365 }, new Date());

/** Where each message is, by folder and subject. */
export const where = (now: Snapshot): readonly string[] =>
  now.folders.flatMap((folder) => subjects(now, folder).map((subject) => `${folder}: ${subject}`));

/** Runs in a process of its own and returns the names of the fail points that it passed, in order. */
export async function hitsOf({ site }: KillWorld): Promise<readonly string[]> {
  const log = join(site.dir, 'hits.log');
  assertExit(await site.runProcess(['run', '--yes'], { env: { MOTHBALL_FAILPOINT_LOG: log } }), 0);
  const text = await readFile(log, 'utf8').catch(() => '');
  await rm(log, { force: true });
  return text.split('\n').flatMap((line) => (line === '' ? [] : [line.replace(/^\d+ /, '')]));
}

/** Each message is on the server or in an archive, and only what was selected is gone. */
export async function assertSafe(world: KillWorld): Promise<void> {
  assertNothingLost(world.full, await world.now(), await world.archives(), selectedOf(world.full));
}

/** As an uninterrupted run leaves it: the same mailbox, and each selected message in one archive, once. */
export async function assertFinished(
  world: KillWorld,
  left: readonly string[],
  after: string,
): Promise<void> {
  const now = await world.now();
  const archives = await world.archives();
  assert.deepEqual(where(now), left, `the mailbox ${after}`);
  assertNothingLost(world.full, now, archives, selectedOf(world.full));
  const digests = (list: readonly { readonly sha256: string }[]): readonly string[] =>
    list.map(({ sha256 }) => sha256).toSorted();
  const copies = archives.flatMap(({ messages }) => messages);
  assert.deepEqual(digests(copies), digests(selectedOf(world.full)), `copies ${after}`);
  assert.equal((await world.objects()).length, archives.length, `objects ${after}`);
  assert.ok(
    !now.messages.some(({ flags }) => flags.includes('\\Deleted')),
    `a \\Deleted mark is left ${after}`,
  );
}
