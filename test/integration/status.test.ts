import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { afterDowntime, series, startDaemon } from './daemon.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';

const user = 'alice@example.com';
const dayMs = 86_400_000;
let dovecot: Dovecot;

interface Held {
  readonly pending: readonly {
    readonly policy: string;
    readonly messages: number;
    readonly graceEnds: string;
  }[];
  readonly quarantined: readonly { readonly id: string; readonly reason: string }[];
  readonly stores: readonly { readonly store: string; readonly reason: string }[];
  readonly unread: readonly { readonly account: string }[];
  readonly runs: readonly { readonly policy: string; readonly result: string }[];
}

before(async () => {
  dovecot = await startDovecot({ quotaBytes: 1_000 * 1_024 });
});

after(() => dovecot.stop());

async function site(name: string, changes: Partial<Parameters<typeof makeSite>[0]>): Promise<Site> {
  await seedUser(dovecot, name, [note('one', 500, { size: 5_000 }), note('two', 600, { size: 5_000 })]);
  return await makeSite({ server: { port: dovecot.port }, users: [name], policies: [], ...changes });
}

test('status tells what comes next and what is held up, before anything has run too', async (t) => {
  const here = await site('held@example.com', {
    policies: [
      policy('later', 365, { delete: { after: '7d' }, schedule: '0 3 * * *' }),
      policy('wide', 1, { limits: { maxMessages: 1 } }),
      policy('shy', 365, { mode: 'plan', schedule: '0 4 * * *' }),
    ],
  });
  t.after(() => here.remove());
  assertExit(await here.run(['status']), 0);
  assertExit(await here.run(['run', '--yes']), 5);
  interface Status {
    readonly policies: readonly {
      readonly policy: string;
      readonly next: string | null;
      readonly last: unknown;
    }[];
    readonly held: Held;
  }
  const { policies, held } = await here.json<Status>(['status']);
  assert.deepEqual(
    policies.map(({ policy: name, next, last }) => [name, next !== null, last !== null]),
    [
      ['later', true, true],
      ['wide', false, true],
      ['shy', false, false],
    ],
  );
  const [pending] = held.pending;
  assert.deepEqual([pending?.policy, pending?.messages], ['later', 2]);
  const days = (Date.parse(pending?.graceEnds ?? '') - Date.now()) / dayMs;
  assert.ok(days > 6.9 && days <= 7, `${days}`);
  assert.deepEqual(
    held.runs.map(({ policy: name, result }) => [name, result]),
    [['wide', 'limit']],
  );
  const { stdout } = await here.run(['status']);
  assert.match(stdout, /later: 2 messages, .* archived, may be deleted from /);
  assert.match(stdout, /wide on .*: stopped by a limit/);

  renameSync(here.archiveDir, `${here.archiveDir}-away`);
  const off = await here.json<Status>(['status']);
  assert.deepEqual(
    off.held.stores.map(({ store }) => store),
    ['local'],
  );
});

test('scan keeps what it read, and status, quota and metrics tell when the account is full', async (t) => {
  const here = await site(user, { extra: { http: { listen: '127.0.0.1:0' } } });
  t.after(() => here.remove());
  const { accounts } = await here.json<{ readonly accounts: readonly { readonly folders: number }[] }>([
    'scan',
  ]);
  assert.ok((accounts[0]?.folders ?? 0) > 0);
  // As if it had grown by a tenth of its use in each of the last days.
  {
    using database = new DatabaseSync(here.database);
    const insert = database.prepare(
      `INSERT INTO samples SELECT server, account, root, at - ?, CAST(used_bytes * ? AS INTEGER), limit_bytes,
       used_messages, limit_messages FROM samples ORDER BY at DESC LIMIT 1`,
    );
    for (let day = 1; day <= 5; day += 1) insert.run(day * dayMs, 1 - day / 10);
  }
  interface Full {
    readonly fullest: readonly { readonly percent: number; readonly fullAt: string }[];
  }
  const { fullest } = await here.json<Full>(['status']);
  const at = Date.parse(fullest[0]?.fullAt ?? '');
  const expected = ((100 - (fullest[0]?.percent ?? 0)) / (fullest[0]?.percent ?? 1)) * 10;
  assert.ok(Math.abs((at - Date.now()) / dayMs - expected) < 0.1 * expected, `${expected} days`);
  assert.match(said(await here.run(['quota'])), /full in \d+ days/);
  const quota = await here.json<{ readonly accounts: readonly { readonly fullAt: string }[] }>(['quota']);
  assert.ok(Date.parse(quota.accounts[0]?.fullAt ?? '') > Date.now());

  const daemon = await startDaemon(here);
  t.after(() => daemon.stop());
  const { text } = await daemon.get('/metrics');
  const metric = series(text, `mothball_account_full_timestamp_seconds{server="main",account="${user}"}`);
  assert.ok(Math.abs((metric ?? 0) * 1000 - at) < dayMs);
  assert.equal(await daemon.stop(), 143);
});

test('an account that can not be read is told, and the others are scanned', async (t) => {
  const here = await site('good@example.com', {
    accounts: [
      { user: 'good@example.com', server: 'main', passwordFile: './password' },
      { user: 'bad@example.com', server: 'main', passwordEnv: 'BAD' },
    ],
  });
  t.after(() => here.remove());
  const env = { BAD: 'wrong' };
  assertExit(await here.run(['scan'], { env }), 3);
  const status = await here.run(['status', '--json'], { env });
  const { held }: { readonly held: Held } = JSON.parse(status.stdout);
  assert.deepEqual(
    held.unread.map(({ account }) => account),
    ['bad@example.com'],
  );
});

test('the daemon reads old archives again, and quarantines the one that has rotted', async (t) => {
  const here = await site('rot@example.com', {
    policies: [policy('old', 365, { delete: { after: '300d' } })],
    extra: { scrub: { schedule: '0 0 * * *' } },
  });
  t.after(() => here.remove());
  assertExit(await here.run(['run', '--yes']), 0);
  const [archive] = here.archives();
  assert.ok(archive);
  const path = join(here.archiveDir, archive.head.key);
  const data = readFileSync(path);
  data[data.length >> 1] = (data[data.length >> 1] ?? 0) ^ 1;
  writeFileSync(path, data);
  await afterDowntime(here, 48);
  {
    using database = new DatabaseSync(here.database);
    database.exec(`UPDATE archives SET verified_at = verified_at - ${100 * dayMs}`);
  }
  const daemon = await startDaemon(here);
  t.after(() => daemon.stop());
  await daemon.line(/is damaged and quarantined/);
  await daemon.line(/^scrub: read 1 archive again, 0 left/);
  assert.equal(await daemon.stop(), 143);
  const { held } = await here.json<{ readonly held: Held }>(['status']);
  assert.deepEqual(
    held.quarantined.map(({ id }) => id),
    [archive.head.id],
  );
  assert.deepEqual(held.pending, [], 'its mail stays on the server');
});
