import { mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mailbox } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import type { Dovecot } from '../servers/dovecot.ts';

export const user = 'alice@example.com';
export const messageCount = 3_000;
export const quotaBytes = 64 * 1024 ** 2;

/** A folder that is named more often gets more of the mail. */
const folders =
  'INBOX INBOX INBOX INBOX Sent Sent Trash Junk Projects/Berlin Projects/Warsaw Receipts Newsletters Newsletters'.split(
    ' ',
  );

/** Fills Alice's mailbox to about 92 % of her quota: the same mail every time, of the last eight years. */
export async function fillMailbox(
  server: Dovecot,
): Promise<{ readonly messages: number; readonly bytes: number }> {
  const wish = {
    seed: 2024,
    count: messageCount,
    folders,
    user,
    ages: { from: 0, to: 2_900 },
    meanSize: 20_800,
    flags: { '\\Seen': 80, '\\Answered': 15, '\\Flagged': 4 },
  };
  return seedUser(server, user, mailbox(wish));
}

/** `.demo/mail-XXXXXX` in the checkout; git ignores it. */
export async function makeDirectory(): Promise<string> {
  const parent = fileURLToPath(new URL('../../.demo/', import.meta.url));
  await mkdir(parent, { recursive: true });
  return mkdtemp(join(parent, 'mail-'));
}

/** Removes it, and `.demo` with it where no kept demo lies in there. */
export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  await rmdir(dirname(directory)).catch(() => undefined);
}

/** Writes mothball.yaml, the password and the two policies, and returns the text of the first and last. */
export async function writeSite(
  directory: string,
  server: Dovecot,
): Promise<{ readonly config: string; readonly drain: string }> {
  const config = `version: 1
servers:
  main: { host: 127.0.0.1, port: ${server.tlsPort}, tls: implicit, caFile: ${server.caFile} }
accounts:
  - { user: ${user}, server: main, passwordFile: ./alice.password }
stores:
  # ephemeral: this archive may lie on a disk that goes away with a container. Never in real life.
  local: { type: local, path: ./archive, ephemeral: true }
database: sqlite:./mothball.db
http: { listen: 127.0.0.1:9310 } # the daemon's page and metrics
policies: [policies/*.yaml]
`;
  const drain = `version: 1
policies:
  - name: drain-near-full
    mode: enforce # the other mode, plan, only reports
    when: { quotaAbove: 90% }
    drainTo: 60%
    order: { by: oldest, folders: [role:trash, role:junk, '**'] }
    folders: { exclude: [role:drafts] }
    match: { olderThan: 30d } # recent mail stays, whatever happens; so does flagged mail
    archive: { to: local }
    delete: {} # as soon as the archive has been read back and verified
`;
  const age = `version: 1
policies:
  - name: archive-by-age
    mode: plan # reports only
    folders: { exclude: [role:drafts] }
    match: { olderThan: 2y }
    archive: { to: local }
    delete: { after: 7d }
`;
  await mkdir(join(directory, 'policies'));
  await writeFile(join(directory, 'mothball.yaml'), config);
  await writeFile(join(directory, 'alice.password'), 'secret\n', { mode: 0o600 });
  await writeFile(join(directory, 'policies', 'drain-near-full.yaml'), drain);
  await writeFile(join(directory, 'policies', 'archive-by-age.yaml'), age);
  return { config, drain };
}
