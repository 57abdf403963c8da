/** A company's mailboxes for the screenshots: some nearly full, one on a server that is down. */
import { DatabaseSync } from 'node:sqlite';
import { note, type SeedMessage } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startDaemon, until } from '../integration/daemon.ts';
import { assertExit, makeSite, policy, type Site } from '../integration/installation.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { freePort } from '../servers/free-port.ts';
import { ask, type Fleet, token, wholePage, writeTokens } from './fleet.ts';

const mebi = 1024 * 1024;
const quotaMebi = 50;
const dayMs = 86_400_000;

/** Who, MiB of young mail, and MiB that the mailbox gains in a day. The first is the owner of the pictures. */
const people: readonly (readonly [name: string, used: number, gain: number])[] = [
  ['anna.berg@example.com', 47, 0.4],
  ['support@example.com', 46, 0.9],
  ['tomas.novak@example.com', 43, 0.3],
  ['billing@example.net', 41, 0.5],
  ['grace.okoro@example.com', 36, 0.2],
  ['jobs@example.net', 31, 0.1],
  ['li.wei@example.com', 27, 0.3],
  ['maria.silva@example.net', 22, 0.1],
  ['press@example.com', 14, 0.05],
  ['paul.martin@example.com', 9, 0.1],
  ['events@example.net', 6, 0.02],
  ['noor.haddad@example.com', 3, 0.1],
];
/** Old mail that everyone has, and who it is from. */
const letters = [
  ['Minutes of the board meeting', 'Grace Okoro <grace.okoro@example.com>'],
  ['Your invoice 2024-1187', 'Fernwood Printing <billing@fernwood.example>'],
  ['Re: Offer for the new office', 'Henrik Dahl <h.dahl@dahl-bygg.example>'],
  ['Travel plan for Lisbon', 'Maria Silva <maria.silva@example.net>'],
  ['Contract, signed', 'Lopez & Partners <office@lopez-law.example>'],
  ['Photos of the summer party', 'Noor Haddad <noor.haddad@example.com>'],
  ['Re: Re: Budget for next year', 'Tomas Novak <tomas.novak@example.com>'],
  ['Welcome to the team!', 'Jobs <jobs@example.net>'],
  ['Your order has been shipped', 'Green Office Supply <orders@greenoffice.example>'],
  ['Draft of the press release', 'Press <press@example.com>'],
  ['Warranty for the heat pump', 'Nordic Heating <service@nordicheating.example>'],
  ['Re: Keys for the storage room', 'Paul Martin <paul.martin@example.com>'],
  ['Quarterly report, third quarter', 'Li Wei <li.wei@example.com>'],
  ['Invitation: supplier day', 'Events <events@example.net>'],
  ['Offer: maintenance for two years', 'Nordic Heating <service@nordicheating.example>'],
  ['Meeting room is booked', 'Noor Haddad <noor.haddad@example.com>'],
] as const;
const places = ['INBOX', 'Projects', 'INBOX', 'Sent'];

function letter(user: string, line: number, of: number): SeedMessage {
  const [subject = '', from = ''] = letters[line] ?? [];
  const at = new Date(Date.now() - (400 + line * 23 + of) * dayMs);
  const text = 'This is a line of the letter.\r\n'.repeat(40 + ((line * 97) % 900));
  const head = [`From: ${from}`, `To: ${user}`, `Subject: ${subject}`, `Date: ${at.toUTCString()}`];
  const raw = Buffer.from([...head, `Message-ID: <${line}.${of}@letters.example>`, '', text].join('\r\n'));
  return { folder: places[line % places.length] ?? 'INBOX', raw, flags: ['\\Seen'], internalDate: at };
}

export const owner = 'anna.berg@example.com';

export async function startShowcase(): Promise<Fleet> {
  const stack = new AsyncDisposableStack();
  const dovecot = stack.adopt(await startDovecot({ quotaBytes: quotaMebi * mebi }), (one) => one.stop());
  for (const [index, [user, used]] of people.entries()) {
    const old = letters.map((_, line) => letter(user, line, index));
    const young = Array.from({ length: used }, (_, age) => note(`Files ${age + 1}`, age + 1, { size: mebi }));
    await seedUser(dovecot, user, [...old, ...young]);
  }
  const site = stack.adopt(
    await makeSite({
      server: { port: dovecot.port },
      accounts: [
        { users: people.map(([user]) => user), server: 'main', passwordFile: './password' },
        { user: 'old.shop@example.net', server: 'legacy', passwordFile: './password' },
      ],
      policies: [
        policy('archive-after-1y', 365, { schedule: '15 2 * * *', delete: { after: '7d' } }),
        policy('archive-billing', 365, { schedule: '30 3 * * *', accounts: ['billing@*', 'jobs@*'] }),
        policy('large-after-30d', 30, {
          mode: 'plan',
          schedule: '0 4 * * 0',
          match: { all: [{ olderThan: '30d' }, { largerThan: '512KiB' }] },
        }),
      ],
      extra: {
        servers: {
          main: { host: '127.0.0.1', tls: 'none', port: dovecot.port },
          legacy: { host: '127.0.0.1', tls: 'none', port: await freePort(), connectAttempts: 1 },
        },
        http: wholePage,
      },
    }),
    (one) => one.remove(),
  );
  await writeTokens(site);
  assertExit(await site.run(['run', 'archive-billing', '--yes']), 0);
  // The server that is down.
  assertExit(await site.run(['run', 'archive-after-1y', '--yes']), 3);
  history(site);
  const daemon = stack.adopt(await startDaemon(site), (one) => one.stop().then(() => undefined));
  const { port } = await daemon.line(/^web server listens$/);
  const url = `http://127.0.0.1:${String(port)}`;
  await until(async () => {
    const { accounts } = await ask(url, '/api/v1/quota', token);
    return (
      accounts.filter(({ roots }: { readonly roots: readonly unknown[] }) => roots.length > 0).length >=
      people.length
    );
  });
  return { site, daemon, url, stop: () => stack.disposeAsync() };
}

/** As if scans had watched for two months, and runs had freed space. */
function history(site: Site): void {
  using database = new DatabaseSync(site.database);
  const now = Date.now();
  const sample = database.prepare(
    `INSERT INTO samples VALUES ('main', ?, 'User quota', ?, ?, ?, NULL, NULL)`,
  );
  for (const [user, used, gain] of people)
    for (let day = 60; day >= 1; day--)
      sample.run(user, now - day * dayMs, Math.round((used - day * gain) * mebi), quotaMebi * mebi);
  const freed = database.prepare(`INSERT INTO days VALUES (?, 'archive-after-1y', 10, ?, 10, ?)`);
  for (let day = 86; day >= 1; day -= 1 + ((day * 7) % 5)) {
    const size = (20 + ((day * 37) % 90)) * mebi;
    freed.run(Math.floor(now / dayMs) - day, size, size);
  }
}
