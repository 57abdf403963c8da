import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { makeSite, policy, type Site } from '../integration/installation.ts';
import { makeS3Site, toCold } from '../integration/s3-site.ts';
import type { S3Access } from '../servers/rgw.ts';
import { adminClient, makeBucket } from '../store/s3/bucket.ts';
import { measured, type Measured } from './measured.ts';
import type { Target } from './other-programs.ts';

const limits = { maxPercent: 100, maxMessages: 1_000_000, maxBytes: '20GiB' };

/** Mothball as it is started by a shell; `launcher` is that of the built package. */
export class MothballBench {
  readonly #launcher: string;

  constructor(launcher: string) {
    this.#launcher = launcher;
  }

  run(site: Pick<Site, 'dir'>, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return measured(process.execPath, [this.#launcher, ...args], { cwd: site.dir, env });
  }

  localSite({ port, user }: Target): Promise<Site> {
    return makeSite({ server: { port }, users: [user], policies: [policy('all', 365, { limits })] });
  }

  /** Archives, verifies and deletes everything; leaves the site for what follows. */
  async archive(site: Pick<Site, 'dir'>, messages: number): Promise<Measured> {
    const done = await this.run(site, ['run', '--yes', '--json', '--quiet']);
    const deleted = /"deleted":\s*\{\s*"messages":\s*(\d+)/.exec(done.stdout)?.[1];
    if (Number(deleted) !== messages) throw new Error(`${deleted} of ${messages} messages were deleted`);
    return done;
  }

  restore(site: Site): Promise<Measured> {
    return this.run(site, ['restore', '--all', '--yes', '--quiet']);
  }

  search(site: Site): Promise<Measured> {
    return this.run(site, ['search', 'the', '--limit', '50', '--quiet']);
  }

  async import(site: Site): Promise<Measured> {
    await this.run(site, ['export', '--all', '--format', 'mbox', '--to-dir', 'out', '--quiet']);
    try {
      return await this.run(site, ['import', 'out', '--folder', 'Imported', '--yes', '--quiet']);
    } finally {
      await rm(join(site.dir, 'out'), { recursive: true, force: true });
    }
  }

  /** The same as `archive`, to a bucket. */
  async archiveToS3({ port, user }: Target, access: S3Access, messages: number): Promise<Measured> {
    const bucket = await makeBucket(adminClient(access));
    const policies = [policy('all', 365, { ...toCold, limits })];
    const site = await makeS3Site({ server: { port }, users: [user], policies, access, bucket });
    try {
      return await this.archive(site, messages);
    } finally {
      await site.remove();
    }
  }
}
