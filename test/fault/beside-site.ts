import type { TestContext } from 'node:test';
import { note, type SeedMessage } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { makeSite, policy, type Site, type SiteWish } from '../integration/installation.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import type { Dovecot } from '../servers/dovecot.ts';
import { type ImapProxy, startProxy } from './imap-proxy.ts';

/** So large that mail is deleted on a second login while the rest is archived: an archive for each. */
export const largeMail = [
  ...Array.from({ length: 6 }, (_, index) => note(`large ${index}`, 500 + index, { size: 6_000_000 })),
  note('young', 3),
];
export const inParts = { to: 'local', maxBytes: '1MiB' };

/** A mailbox behind a proxy, and an installation for it. */
export interface ProxiedWorld {
  readonly proxy: ImapProxy;
  readonly site: Site;
  /** The mailbox as it was seeded. */
  readonly full: Snapshot;
  now(): Promise<Snapshot>;
}

export interface ProxiedWish {
  readonly mail: readonly SeedMessage[];
  readonly server?: Partial<SiteWish['server']>;
  /** Of the policy `old`, which takes what is older than a year. */
  readonly changes: NonNullable<Parameters<typeof policy>[2]>;
}

export async function proxiedWorld(
  t: TestContext,
  dovecot: Dovecot,
  user: string,
  { mail, server = {}, changes }: ProxiedWish,
): Promise<ProxiedWorld> {
  await seedUser(dovecot, user, mail);
  const proxy = await startProxy(dovecot);
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port, ...server },
    users: [user],
    policies: [policy('old', 365, changes)],
  });
  t.after(() => site.remove());
  const now = () => snapshot(dovecot, user, { bytes: true });
  return { proxy, site, full: await now(), now };
}
