import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { sha256 } from '../oracle/digest.ts';
import { snapshot, type Snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type {
  ArchivesDocument,
  PlanDocument,
  QuotaDocument,
  RunDocument,
  SearchDocument,
} from './documents.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';
import { bySubject } from './subjects.ts';

const user = 'alice@example.com';
let dovecot: Dovecot;
let site: Site;
let full: Snapshot;

before(async () => {
  dovecot = await startDovecot({ quotaBytes: 100_000 * 1_024 });
  await seedUser(dovecot, user, [
    note('Budget 2019', 900, { flags: ['\\Seen'], size: 5_000 }),
    note('Zażółć gęślą', 800, { from: '=?utf-8?Q?=C5=81ucja?= <lucja@poczta.example>' }),
    note('From the desk', 700, { folder: 'Lists/R&D', from: 'Weekly <news@letters.example>' }),
    note('young', 3),
  ]);
  await seedByAppend(dovecot, user, [note('with keyword', 600, { flags: ['$label1', '\\Answered'] })]);
  site = await makeSite({ server: { port: dovecot.port }, users: [user], policies: [policy('old', 365)] });
  full = await snapshot(dovecot, user);
});

after(async () => {
  await site.remove();
  await dovecot.stop();
});

const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;

test('validate and accounts say that all is well', async () => {
  assertExit(await site.run(['validate']), 0);
  const accounts = await site.run(['accounts', '--test']);
  assertExit(accounts, 0);
  assert.match(accounts.stdout, /alice@example\.com/);
  await site.json(['accounts', '--test']);
});

test('quota shows what the server reports, folder by folder', async () => {
  const { accounts } = await site.json<QuotaDocument>(['quota']);
  const [account] = accounts;
  assert.equal(account?.server, 'main');
  assert.equal(account.account, user);
  assert.equal(account.roots[0]?.limitBytes, 100_000 * 1_024);
  assert.ok(isCount(account.roots[0].usedBytes));
  assert.equal(account.roots[0].limitMessages, null);
  const inbox = full.messages.filter(({ folder }) => folder === 'INBOX');
  const bytes = inbox.reduce((sum, { size }) => sum + size, 0);
  assert.deepEqual(
    account.folders.find(({ path }) => path === 'INBOX'),
    { path: 'INBOX', messages: inbox.length, bytes, skipped: null },
  );
  const table = await site.run(['quota']);
  assertExit(table, 0);
  assert.match(table.stdout, /%/);
});

test('the documents of plan, run and archives have the promised shape', async () => {
  const { plans } = await site.json<PlanDocument>(['plan', 'old']);
  const [plan] = plans;
  assert.equal(plan?.messages, 4);
  const folders = plan.folders.filter(({ messages }) => messages > 0);
  assert.deepEqual(folders.map(({ path, messages }) => `${path}: ${messages}`).toSorted(), [
    'INBOX: 3',
    'Lists/R&D: 1',
  ]);
  assert.equal(
    new Date(folders.find(({ path }) => path === 'INBOX')?.oldest ?? 0).toISOString(),
    bySubject(full, 'Budget 2019').internalDate.toISOString(),
  );
  assert.ok('quotaBefore' in plan && 'quotaAfter' in plan);
  assertExit(await site.run(['plan', '--exit-code']), 20);

  const { runs } = await site.json<RunDocument>(['run', 'old', '--yes']);
  const [run] = runs;
  assert.equal(run?.archived.messages, 4);
  assert.equal(run.archived.bytes, plan.bytes);
  assert.deepEqual(run.deleted, run.archived);
  assert.ok(Array.isArray(run.skipped) && run.errors.length === 0);
  assertExit(await site.run(['plan', '--exit-code']), 0);

  const { archives } = await site.json<ArchivesDocument>(['archives']);
  assert.equal(archives.length, 2);
  for (const one of archives) {
    const read = site.archives().find(({ head }) => head.id === one.id);
    assert.deepEqual(
      [
        one.key,
        one.store,
        one.server,
        one.account,
        one.folder,
        one.format,
        one.messages,
        one.storedBytes,
        one.state,
      ],
      [
        read?.head.key,
        'local',
        'main',
        user,
        read?.head.folder,
        'mbox',
        read?.messages.length,
        read?.head.bytes,
        'verified',
      ],
    );
    assert.ok(one.verified !== null && !Number.isNaN(Date.parse(one.created)));
  }
  assertExit(await site.run(['archives']), 0);
});

test('search finds by word, accent or not, and by sender', async () => {
  const found = async (...query: readonly string[]): Promise<readonly (string | null)[]> =>
    (await site.json<SearchDocument>(['search', ...query])).messages.map(({ subject }) => subject);
  assert.deepEqual(await found('budget'), ['Budget 2019']);
  assert.deepEqual(await found('zazolc'), ['Zażółć gęślą']);
  assert.deepEqual(await found('from:letters.example'), ['From the desk']);
  assert.deepEqual(await found('nowhere'), []);
  const { messages } = await site.json<SearchDocument>(['search', 'keyword']);
  const [message] = messages;
  const original = bySubject(full, 'with keyword');
  assert.equal(message?.uid, original.uid);
  assert.equal(message.bytes, original.size);
  assert.equal(message.folder, 'INBOX');
  assert.ok(message.flags.includes('$label1'));
  assert.match(message.id, new RegExp(`^${message.archive}/\\d+$`));
});

test('show and export give the exact bytes back', async () => {
  const { messages } = await site.json<SearchDocument>(['search', 'budget']);
  const id = messages[0]?.id ?? '';
  const original = bySubject(full, 'Budget 2019').sha256;
  const shown = await site.run(['show', id]);
  assertExit(shown, 0);
  assert.match(shown.stdout, /Budget 2019/);

  const target = join(site.dir, 'out');
  assertExit(await site.run(['restore', id, '--to-dir', target, '--yes']), 0);
  assert.ok(filesBelow(target).some((file) => sha256(readFileSync(file)) === original));

  const everything = full.messages
    .filter(({ subject }) => subject !== 'young')
    .map((message) => message.sha256);
  for (const format of ['eml', 'maildir', 'mbox']) {
    const directory = join(site.dir, `export-${format}`);
    assertExit(await site.run(['export', '--all', '--format', format, '--to-dir', directory]), 0);
    const files = filesBelow(directory);
    assert.ok(files.length > 0, format);
    if (format === 'eml') {
      const digests = files.map((file) => sha256(readFileSync(file)));
      assert.deepEqual(
        everything.filter((digest) => !digests.includes(digest)),
        [],
      );
    } else if (format === 'maildir') {
      assert.equal(files.filter((file) => /\/(cur|new)\//.test(file)).length, 4);
    } else {
      const text = files.map((file) => readFileSync(file, 'latin1')).join('');
      assert.equal(text.match(/^From /gm)?.length, 4);
    }
  }
});

test('verify passes a sound archive, whole or sampled', async () => {
  assertExit(await site.run(['verify']), 0);
  assertExit(await site.run(['verify', '--sample', '50%']), 0);
});

test('schema, completion, help and a second reindex work', async () => {
  const schema = await site.run(['schema']);
  assertExit(schema, 0);
  assert.equal(typeof JSON.parse(schema.stdout), 'object');
  assertExit(await site.run(['completion', 'bash']), 0);
  assertExit(await site.run(['reindex', '--yes']), 0);
  const { messages } = await site.json<SearchDocument>(['search', 'budget']);
  assert.equal(messages.length, 1);
  assertExit(await site.run(['--help']), 0);
});

test('commands that do not work on single accounts refuse --account, and do nothing', async () => {
  for (const command of ['pause', 'daemon', 'status', 'reindex']) {
    const refused = await site.run([command, '--account', user]);
    assertExit(refused, 2);
    assert.match(said(refused), new RegExp(`${command} does not work on single accounts`));
  }
  assert.doesNotMatch((await site.run(['status'])).stdout, /paused/);
});

test('validate warns of archives whose account or server has another name now', async (t) => {
  t.after(() => site.configure({ users: [user] }));
  await site.configure({ users: ['married@example.com'] });
  const result = await site.run(['validate']);
  assertExit(result, 0);
  assert.match(said(result), new RegExp(`archives of ${user} on server main, which is not configured`));
  await site.configure({ users: [user] });
  assert.doesNotMatch(said(await site.run(['validate'])), /not configured/);
});

test('validate says that it could not compare names when the catalog is damaged, and judges the rest', async (t) => {
  const damaged = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => damaged.remove());
  await writeFile(damaged.database, 'no database at all, '.repeat(500));
  const result = await damaged.run(['validate']);
  assertExit(result, 0);
  assert.match(said(result), /names could not be compared with the catalog: /);
});

test('restore puts mail into another folder when told to', async () => {
  const { messages } = await site.json<SearchDocument>(['search', 'zazolc']);
  assertExit(
    await site.run(['restore', messages[0]?.id ?? '', '--to', `${user}:Recovered/Żółw`, '--yes']),
    0,
  );
  const now = await snapshot(dovecot, user);
  const restored = now.messages.filter(({ folder }) => folder === 'Recovered/Żółw');
  const original = full.messages.find(({ sha256: digest }) => digest === restored[0]?.sha256);
  assert.equal(restored.length, 1);
  assert.equal(original?.internalDate.getTime(), restored[0]?.internalDate.getTime());
});

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
