import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { freePort } from '../servers/free-port.ts';
import type { PlanDocument, QuotaDocument } from './documents.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';

const domains = ['alpha.example', 'beta.example', 'gamma.example'] as const;
const users = Array.from(
  { length: 300 },
  (_, index) => `user${String(index).padStart(3, '0')}@${domains[index % 3] ?? ''}`,
);
const [first = '', second = '', third = ''] = users;
const dead = 'joe@old.example';
/** Lines and columns of the screen. */
const screen = { lines: 40, columns: 80 };

let dovecot: Dovecot;
let site: Site;

before(async () => {
  dovecot = await startDovecot({ quotaBytes: 200 * 1024 });
  const old = (kibi: number) => note('old', 900, { size: kibi * 1024 });
  await seedUser(dovecot, first, [old(190), note('young', 3)]);
  await seedUser(dovecot, second, [
    old(100),
    note('old, elsewhere', 800, { folder: 'Projects', size: 70 * 1024 }),
  ]);
  await seedUser(dovecot, third, [old(20)]);
  const nobody = { host: '127.0.0.1', tls: 'none', port: await freePort(), connectAttempts: 1 };
  site = await makeSite({
    server: { port: dovecot.port },
    accounts: [
      { users, server: 'main', passwordFile: './password' },
      { user: dead, server: 'oldbox', passwordFile: './password' },
    ],
    policies: [
      policy('only-look', 30, { mode: 'plan' }),
      policy('drain', 30, { when: { quotaAbove: '90%' }, drainTo: '75%', accounts: ['user00*', dead] }),
      policy('old', 365, { delete: { after: '7d' } }),
    ],
    extra: {
      servers: { main: { host: '127.0.0.1', tls: 'none', port: dovecot.port }, oldbox: nobody },
    },
  });
});

after(async () => {
  await site.remove();
  await dovecot.stop();
});

const linesOf = (text: string): readonly string[] => text.trimEnd().split('\n');

function assertFits(text: string): void {
  const lines = linesOf(text);
  assert.ok(lines.length <= screen.lines, `${lines.length} lines`);
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / screen.columns)), 0);
  assert.ok(rows <= screen.lines, `${rows} rows of the screen:\n${text}`);
}

test('quota of 300 accounts is one screen: the fullest first, what they come to, and what failed', async () => {
  const result = await site.run(['quota', '--quiet'], { onTerminal: true, columns: screen.columns });
  assertExit(result, 3);
  assertFits(result.stdout);
  const [head = '', one = '', two = '', three = ''] = linesOf(result.stdout);
  assert.match(head, /^ACCOUNT +USED +LIMIT +% .*LARGEST FOLDER$/);
  assert.match(one, /^user000@alpha\.example +\d.* 9\d\.\d %.* INBOX \(190/);
  assert.match(two, /^user001@beta\.example .* 8\d\.\d %/);
  assert.match(three, /^user002@gamma\.example .* 1\d\.\d %/);
  assert.match(result.stdout, /and 275 more; `--limit all`, --csv or --json lists all of them/);
  assert.match(result.stdout, /300 accounts: .* used; 1 over 90 %, 2 over 80 %/);
  assert.match(result.stdout, /1 account could not be read/);
  assert.match(result.stderr, /can't connect to 127\.0\.0\.1/);
});

test('accounts are narrowed, ordered and grouped, for people, spreadsheets and programs', async () => {
  const beta = ['--account', `user00*`, '--quiet'];
  const over = await site.run(['quota', '--over', '80%', ...beta]);
  assertExit(over, 0);
  assert.match(over.stdout, /2 of 10 accounts over 80 %/);
  assert.doesNotMatch(over.stdout, /user002/);
  const named = linesOf((await site.run(['quota', '--sort', 'name', '--limit', '2', ...beta])).stdout);
  assert.match(named[1] ?? '', /^user000/);
  assert.match(named[2] ?? '', /^user001/);
  assert.match(named[3] ?? '', /^and 8 more/);
  const groups = linesOf((await site.run(['quota', '--by', 'domain', ...beta])).stdout);
  assert.match(groups[0] ?? '', /^DOMAIN +ACCOUNTS +USED +LIMIT +OVER 90 % +FULLEST +%$/);
  assert.match(groups[1] ?? '', /^alpha\.example +4 .* 1 +user000@alpha\.example +9\d\.\d %$/);
  assert.equal(groups.length, 4);
  const csv = linesOf((await site.run(['quota', '--csv', ...beta])).stdout);
  assert.equal(csv.length, 11);
  assert.match(csv[0] ?? '', /^server,account,used_bytes,limit_bytes,/);
  assert.match(csv[1] ?? '', /^main,user000@alpha\.example,\d+,204800,,,9\d\.\d+,,INBOX,\d+$/);
  const { accounts } = await site.json<QuotaDocument>(['quota', '--account', 'user00*']);
  assert.deepEqual(
    accounts.map(({ account }) => account),
    users.slice(0, 10),
    'without a wish the order is that of the configuration',
  );
  const wished = await site.json<QuotaDocument>(['quota', '--limit', '1', '--account', 'user00*']);
  assert.deepEqual(
    wished.accounts.map(({ account }) => account),
    [first],
  );
  const folders = await site.run(['quota', '--folders', '--over', '80', ...beta]);
  assert.match(folders.stdout, /user001@beta\.example on main\n[^]*Projects +1 /);
  for (const bad of [
    ['--over', 'full'],
    ['--limit', '0'],
    ['--sort', 'age'],
    ['--csv', '--json'],
  ])
    assertExit(await site.run(['quota', ...bad, ...beta]), 2);
});

test('plan follows the order of a run, names the thresholds, and says what is left after all policies', async () => {
  const result = await site.run(['plan', '--account', 'user00*', '--quiet']);
  assertExit(result, 0);
  const lines = linesOf(result.stdout);
  assert.match(
    lines[0] ?? '',
    /^drain \(enforced; starts at 90 %, drains to 75 %\): 1 message, .* of 1 account; 9 accounts with nothing to do$/,
  );
  assert.match(
    lines[1] ?? '',
    /^old \(enforced\): 4 messages, .* of 3 accounts; 7 accounts with nothing to do$/,
  );
  assert.match(lines[2] ?? '', /^only-look \(plan mode: reports only\): 4 messages/);
  assert.match(result.stdout, /^user000@alpha\.example +1 .* 9\d\.\d % +\d\.\d % +drain, old, only-look$/m);
  assert.doesNotMatch(result.stdout, /user003/, 'what has nothing to do is only counted');
  assert.match(
    result.stdout,
    /after all policies: 4 messages, .* of 3 accounts would leave; 7 accounts with nothing to do/,
  );
  const document = await site.json<
    PlanDocument & { readonly combined: readonly { readonly messages: number }[] }
  >(['plan', '--account', 'user00*']);
  assert.equal(document.plans.length, 30);
  assert.deepEqual(
    document.combined.map(({ messages }) => messages),
    [1, 2, 1, 0, 0, 0, 0, 0, 0, 0],
  );
  const detail = await site.run(['plan', '--account', second, '--quiet']);
  assert.match(detail.stdout, /nothing to do: the quota is at 8\d\.\d %; the policy starts at 90 %/);
  const alone = await site.run(['plan', '--account', first, '--quiet']);
  assert.match(
    alone.stdout,
    /after all policies, those in plan mode too on user000[^]*1 message, 190\.\d KiB would leave/,
  );
});

test('run and status of 300 accounts fit a screen; a failed account is not hidden by those that went well', async () => {
  const run = await site.run(['run', 'drain', 'old', '--yes', '--quiet']);
  assertExit(run, 3);
  assert.match(
    run.stdout,
    /^old: archived 4 messages .* of 301 accounts; 29\d accounts with nothing to do, 1 failed$/m,
  );
  assert.ok(linesOf(run.stdout).length <= screen.lines);
  // A later run that goes well does not make the policy's result good.
  assertExit(await site.run(['run', 'old', '--account', third, '--yes', '--quiet']), 0);

  const status = await site.run(['status'], { onTerminal: true, columns: screen.columns });
  assertExit(status, 0);
  assertFits(status.stdout);
  const failed = status.stdout.indexOf('\nFailed\n');
  assert.ok(failed >= 0 && failed < status.stdout.indexOf('\nPolicies\n'), 'failures come first');
  assert.match(status.stdout, /old on joe@old\.example on oldbox: failed .*: can't connect/);
  assert.match(status.stdout, /^old .* 300 ok, 1 failed, 0 running$/m);
  assert.match(
    status.stdout,
    /\nWaiting\n(?:drain.*\n)?old: 4 messages, .* of 3 accounts: archived, may be deleted from /,
  );
  interface Found {
    readonly policies: readonly {
      readonly policy: string;
      readonly result: string;
      readonly results: object;
    }[];
  }
  const { policies } = await site.json<Found>(['status']);
  assert.deepEqual(
    policies
      .map(({ policy: name, result, results }) => [name, result, results])
      .find(([name]) => name === 'old'),
    ['old', 'failed', { ok: 300, partial: 0, failed: 1, limit: 0, interrupted: 0, running: 0 }],
  );
});

test('runs are grouped by policy and time; those that did nothing are counted, and log shows a failed one', async () => {
  const grouped = await site.run(['runs']);
  assertExit(grouped, 0);
  assert.match(grouped.stdout, /^2\d{3}-.* old +301 +4 \(.*\) +300 ok, 1 failed, 0 running$/m);
  assert.match(grouped.stdout, /^1 time a policy had nothing to do; --all shows them$/m);
  const failed = await site.run(['runs', '--failed']);
  assert.match(failed.stdout, /joe@old\.example +.*can't connect .* failed$/m);
  const id = /^([0-9a-f]{8}) .*joe@old/m.exec(failed.stdout)?.[1] ?? assert.fail(said(failed));
  const log = await site.run(['log', id, '--account', dead]);
  assertExit(log, 0);
  assert.match(log.stdout, /^old on joe@old\.example \(oldbox\)$/m);
  assert.match(log.stdout, /: failed$/m);
  assert.match(log.stdout, /can't connect to 127\.0\.0\.1/);
  assertExit(await site.run(['log', 'ffffffff']), 2);
  assertExit(await site.run(['runs', '--policy', 'olt']), 2);
  const { runs } = await site.json<{ readonly runs: readonly { readonly result: string }[] }>([
    'runs',
    '--failed',
  ]);
  assert.deepEqual(
    runs.map(({ result }) => result),
    ['failed', 'failed'],
  );
});

test('runs and archives are tables for spreadsheets too, all of them unless a limit is given', async () => {
  const runs = linesOf((await site.run(['runs', '--csv', '--all'])).stdout);
  assert.match(runs[0] ?? '', /^run,policy,server,account,started,finished,result,/);
  assert.ok(runs.length > 301, `${runs.length} lines`);
  assert.equal(linesOf((await site.run(['runs', '--csv', '--all', '--limit', '7'])).stdout).length, 8);
  const failed = linesOf((await site.run(['runs', '--csv', '--failed', '--policy', 'old'])).stdout);
  assert.match(failed[1] ?? '', /,old,oldbox,joe@old\.example,.*,failed,0,0,0,0,.*can't connect/);
  const archives = linesOf((await site.run(['archives', '--csv', '--account', first])).stdout);
  assert.match(archives[0] ?? '', /^id,server,account,folder,policy,store,object,messages,bytes,/);
  assert.match(archives[1] ?? '', /^[0-9a-f]{64},main,user000@alpha\.example,INBOX,\w+,local,.*,1,19\d{4},/);
  for (const command of ['runs', 'archives']) assertExit(await site.run([command, '--csv', '--json']), 2);
});

test('a listing of runs reads no report that it does not show', async () => {
  using database = new DatabaseSync(site.database);
  const { changes } = database
    .prepare(`UPDATE runs SET report = 'no report' WHERE acted = 0 AND result = 'success'`)
    .run();
  assert.ok(changes >= 300);
  for (const args of [['runs'], ['runs', '--failed'], ['runs', '--account', first]])
    assertExit(await site.run(args), 0);
});
