import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { clockOffBy, processOffBy } from '../fault/off-by.ts';
import { findFiles } from '../oracle/archives.ts';
import type { Dovecot } from '../servers/dovecot.ts';
import type { ArchivesDocument } from './documents.ts';
import { assertExit, makeSite, policy, type Site, type SiteWish } from './installation.ts';

/** Deletes at once what is older than a year, and keeps archives for 30 days. */
export const retaining = policy('old', 365, { retain: '30d' });
/** When these 30 days have passed. */
export const later = { clock: clockOffBy(40) };
/** The same, for a process. */
export const laterProcess = { env: processOffBy(40) };

/** A site whose mail is archived, one archive a folder. */
export async function archived(
  t: TestContext,
  dovecot: Dovecot,
  user: string,
  folders: readonly string[],
  wish: Partial<SiteWish> = {},
): Promise<Site> {
  const mail = folders.flatMap((folder) => [
    note(`${folder} one`, 500, { folder, from: 'Ada <ada@example.org>' }),
    note(`${folder} two`, 600, { folder }),
  ]);
  await seedUser(dovecot, user, mail);
  const server = { port: dovecot.port };
  const site = await makeSite({ server, users: [user], policies: [retaining], ...wish });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  assert.equal(site.archives().length, folders.length);
  return site;
}

export const states = async (site: Site): Promise<readonly string[]> =>
  (await site.json<ArchivesDocument>(['archives'])).archives.map(({ state }) => state);
export const files = (site: Site): readonly string[] => findFiles(site.archiveDir, '.zst');
