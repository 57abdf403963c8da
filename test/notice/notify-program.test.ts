import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { after, before, type TestContext } from 'node:test';
import { note, type SeedMessage } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { clockOffBy } from '../fault/off-by.ts';
import { startDaemon, until } from '../integration/daemon.ts';
import type { ArchivesDocument, PlanDocument, RunDocument } from '../integration/documents.ts';
import { assertExit, makeSite, policy, type Site } from '../integration/installation.ts';
import { meddle } from '../oracle/meddle.ts';
import { type PythonMail, readMailWithPython } from '../oracle/python-mail.ts';
import { snapshot, type SnapshotMessage } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

const limit = 1_000 * 1_024;
let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot({ quotaBytes: limit });
});

after(() => dovecot.stop());

const telling = policy('old', 365, { notify: { account: true } });

async function siteOf(
  t: TestContext,
  user: string,
  mail: readonly SeedMessage[],
  changes: object = {},
  port = dovecot.port,
): Promise<Site> {
  await seedUser(dovecot, user, mail);
  const site = await makeSite({ server: { port }, users: [user], policies: [{ ...telling, ...changes }] });
  t.after(() => site.remove());
  return site;
}

/** Everything in the INBOX that bears the mark, the oldest first. */
async function noticesOf(
  user: string,
): Promise<readonly (SnapshotMessage & { readonly mail: PythonMail })[]> {
  const { messages } = await snapshot(dovecot, user, { bytes: true });
  const found = messages.filter(({ bytes }) => /^X-Mothball-Notice: /m.test(bytes?.toString('latin1') ?? ''));
  const read = readMailWithPython(found.map(({ bytes }) => bytes ?? Buffer.alloc(0)));
  return found.map((message, index) => ({ ...message, mail: read[index] ?? assert.fail() }));
}

const run = (site: Site, days = 0): ReturnType<Site['run']> =>
  site.run(['run', '--yes', '--json'], { clock: clockOffBy(days) });

test('one notice a week tells what was archived since the last one; it stays until it is read', async (t) => {
  const user = 'owner@example.com';
  const site = await siteOf(t, user, [
    note('one', 500),
    note('two', 600, { size: 3_000 }),
    note('three', 500, { folder: 'Lists/Käse' }),
    note('late', 363),
    note('later', 340),
  ]);
  assertExit(await run(site), 0);
  const { archives } = await site.json<ArchivesDocument>(['archives']);
  const [first] = await noticesOf(user);
  assert.ok(first);
  assert.deepEqual([first.folder, first.flags], ['INBOX', []]);
  assert.deepEqual(first.mail.defects, []);
  assert.deepEqual(first.mail.addresses, [['Mothball', 'postmaster@example.com']]);
  const field = new Map(first.mail.fields);
  assert.equal(field.get('To'), user);
  assert.match(field.get('Subject') ?? '', /^Messages archived from your mailbox: 3 \(\d.*KiB\)$/);
  assert.match(first.mail.text, /Messages archived since \d{4}-\d\d-\d\d: 3 \(/);
  assert.match(first.mail.text, /^ {2}INBOX: 2 \(/m);
  assert.match(first.mail.text, /^ {2}Lists\/Käse: 1 \(/m);
  for (const { id, folder } of archives)
    assert.match(first.mail.text, new RegExp(`^  ${id.slice(0, 12)}  ${folder}: `, 'm'));
  assert.doesNotMatch(first.mail.text, /full|removed from your mailbox|[{}]/);

  assertExit(await run(site, 3), 0);
  assert.equal((await noticesOf(user)).length, 1, 'the second run within a week');
  assertExit(await run(site, 8), 0);
  const week = await noticesOf(user);
  assert.match(week[1]?.mail.text ?? '', /: 1 \(.*\n\n {2}INBOX: 1 \(/);
  assertExit(await run(site, 16), 0);
  assert.equal(week.length, 2, 'a week without mail to tell of');

  const year: RunDocument = JSON.parse((await run(site, 400)).stdout);
  assert.deepEqual(year.runs[0]?.skipped, [
    { code: 'notice-unread', reason: 'notice not read yet', messages: 2 },
  ]);
  assert.equal(year.runs[0]?.archived.messages, 1);
  await meddle(dovecot, user, 'INBOX', [`UID STORE ${first.uid} +FLAGS (\\Seen)`]);
  const read: RunDocument = JSON.parse((await run(site, 410)).stdout);
  assert.deepEqual([read.runs[0]?.archived.messages, read.runs[0]?.deleted.messages], [1, 1]);
  const left = (await noticesOf(user)).map(({ uid }) => uid);
  assert.ok(!left.includes(first.uid));
  assert.equal(left.length, 2, 'the unread ones; that one was archived is no news');
});

test('an unread notice that its owner moved stays too, without the catalog as well', async (t) => {
  const user = 'mover@example.com';
  const site = await siteOf(t, user, [note('one', 500), note('keep', 3, { folder: 'Kept' })]);
  assertExit(await run(site), 0);
  const [notice] = await noticesOf(user);
  await meddle(dovecot, user, 'INBOX', [`UID MOVE ${notice?.uid} Kept`]);
  await site.removeDatabase();
  assertExit(await site.run(['reindex']), 0);
  const { plans } = await site.json<PlanDocument>(['plan']);
  assert.equal(plans[0]?.messages, 0);
  const later: RunDocument = JSON.parse((await run(site, 400)).stdout);
  assert.ok(later.runs[0]?.skipped.some(({ reason }) => reason === 'notice not read yet'));
  assert.deepEqual((await noticesOf(user)).map(({ folder }) => folder).toSorted(), ['INBOX', 'Kept']);
});

test('nothing is sent by plan mode, a dry run, a run with nothing to tell, or a policy that does not ask', async (t) => {
  const user = 'quiet@example.com';
  const site = await siteOf(t, user, [note('one', 500), note('young', 3)], { mode: 'plan' });
  assertExit(await run(site), 0);
  await site.configure({ policies: [telling] });
  assertExit(await site.run(['run', '--dry-run']), 0);
  await site.configure({ policies: [{ ...telling, notify: { account: false } }] });
  assertExit(await run(site), 0);
  await site.configure({ policies: [policy('other', 800, { notify: { account: true } })] });
  assertExit(await run(site), 0);
  assert.deepEqual(await noticesOf(user), []);
});

for (const [point, arrived] of [
  ['after notice record', 0],
  ['after notice append', 1],
] as const) {
  test(`killed ${point}, no second notice follows within the week`, async (t) => {
    const user = `kill-${arrived}@example.com`;
    const site = await siteOf(t, user, [note('one', 500), note('late', 364)]);
    const log = join(site.dir, 'hits.log');
    const hits = await hitsOf(t, `kill-${arrived}-whole@example.com`);
    const at = hits.findIndex((hit) => hit.endsWith(` ${point}`)) + 1;
    assert.ok(at > 0, `${point} is not in ${hits.join()}`);
    const killed = await site.runProcess(['run', '--yes'], {
      env: { MOTHBALL_FAILPOINT: String(at), MOTHBALL_FAILPOINT_LOG: log },
    });
    assert.equal(killed.signal, 'SIGKILL');
    assertExit(await run(site), 0);
    assertExit(await run(site, 2), 0);
    assert.equal((await noticesOf(user)).length, arrived);
    assertExit(await run(site, 8), 0);
    const last = (await noticesOf(user)).at(-1);
    // What perhaps nobody was told of is told with the rest.
    assert.match(last?.mail.text ?? '', /Messages archived since \d{4}-\d\d-\d\d: 2 \(/);
  });
}

async function hitsOf(t: TestContext, user: string): Promise<readonly string[]> {
  const site = await siteOf(t, user, [note('one', 500), note('late', 364)]);
  const log = join(site.dir, 'hits.log');
  assertExit(await site.runProcess(['run', '--yes'], { env: { MOTHBALL_FAILPOINT_LOG: log } }), 0);
  return (await readFile(log, 'utf8')).trim().split('\n');
}

test('a lost answer to APPEND is told and not repeated within the week', async (t) => {
  const user = 'lost@example.com';
  const proxy = await startProxy(dovecot, {
    onResponse: ({ command, text }) => (command?.name === 'APPEND' && / OK /.test(text) ? 'cut' : 'pass'),
  });
  t.after(() => proxy.stop());
  const site = await siteOf(t, user, [note('one', 500), note('late', 364)], {}, proxy.port);
  const result = await run(site);
  assertExit(result, 0);
  assert.match(result.stderr, /a notice may not have arrived in INBOX of lost@example\.com.*at the earliest/);
  assertExit(await run(site, 2), 0);
  assert.equal((await noticesOf(user)).length, 1);
  assert.equal(proxy.commands.filter(({ name }) => name === 'APPEND').length, 1);
});

test('a mailbox without room for the notice is told of, and not tried again within the week', async (t) => {
  const user = 'brim@example.com';
  // Put there by the file system: the server lets nobody get so far.
  const mail = [note('big', 3, { size: 1.2 * limit }), note('one', 500)];
  const proxy = await startProxy(dovecot);
  t.after(() => proxy.stop());
  const site = await siteOf(t, user, mail, { delete: undefined }, proxy.port);
  const result = await run(site);
  assertExit(result, 0);
  assert.match(
    result.stderr,
    /a notice to brim@example\.com was refused: .*OVERQUOTA.*The next one is sent after .* at the earliest/,
  );
  assertExit(await run(site, 2), 0);
  assert.equal(proxy.commands.filter(({ name }) => name === 'APPEND').length, 1);
  assert.deepEqual(await noticesOf(user), []);
});

test('the daemon tells the owner of a mailbox that is nearly full, once, in the words of the template', async (t) => {
  const user = 'nearly@example.com';
  const mail = [note('big', 3, { size: 900_000 }), note('one', 500, { size: 20_000 })];
  const site = await siteOf(t, user, mail, {
    schedule: '0 0 1 1 *',
    timezone: 'Europe/Warsaw',
    notify: {
      account: true,
      template: './notice.txt',
      subject: 'Postfach zu {{full}} voll – {{account}}',
      from: 'Jürgen <it@example.com>',
      nearFull: '85%',
    },
  });
  const template =
    'Grüße!\n{{used}} von {{limit}}; {{next}}: {{nextMessages}}\n{{#messages}}\nnie\n{{/messages}}\n';
  await writeFile(join(site.dir, 'notice.txt'), template);
  assertExit(await site.run(['pause']), 0);
  await scannedByDaemon(t, site);
  assert.deepEqual(await noticesOf(user), []);
  assertExit(await site.run(['resume']), 0);
  await scannedByDaemon(t, site, /^a notice was put into INBOX of nearly@example\.com$/);
  await scannedByDaemon(t, site);
  const notices = await noticesOf(user);
  assert.equal(notices.length, 1);
  const [{ mail: sent } = assert.fail()] = notices;
  const field = new Map(sent.fields);
  assert.match(field.get('Subject') ?? '', /^Postfach zu 89\.9 % voll – nearly@example\.com$/);
  assert.deepEqual(sent.addresses, [['Jürgen', 'it@example.com']]);
  assert.match(
    sent.text,
    /^Grüße!\n\d{3}\.\d KiB von 1000\.0 KiB; \d{4}-01-01 00:00 \(Europe\/Warsaw\): 1\n$/,
  );
});

/** A daemon that stops when it has scanned the account, which it does at its start. */
async function scannedByDaemon(t: TestContext, site: Site, line?: RegExp): Promise<void> {
  const database = new DatabaseSync(site.database);
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  const scans = database.prepare('SELECT count(*) AS done FROM scans');
  await until(async () => scans.get()?.['done'] === 1);
  if (line !== undefined) await daemon.line(line);
  assert.equal(await daemon.stop(), 143);
  database.exec('DELETE FROM scans');
  database.close();
}
