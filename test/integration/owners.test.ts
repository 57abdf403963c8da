/** The archive of an owner of a mailbox, on a real mail server, as a browser without JavaScript sees it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { secret } from '../e2e/fleet.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { Visitor } from '../web/owner-site.ts';
import { type Daemon, startDaemon, until } from './daemon.ts';
import { assertExit, makeSite, policy, type Site } from './installation.ts';

const [alice, bob] = ['alice@example.com', 'bob@example.com'] as const;
const token = 'status-token-of-this-test';
/** In no file, line or page afterwards. */
const typed = 'canary-in-the-password';

let dovecot: Dovecot;
let site: Site;
let daemon: Daemon;
let url: string;

before(async () => {
  dovecot = await startDovecot();
  await seedUser(dovecot, alice, [
    note('Alice kept this', 500),
    note('Alice kept that', 600),
    note('new', 3),
  ]);
  await seedUser(dovecot, bob, [note('Bob has a secret', 500)]);
  site = await makeSite({
    server: { port: dovecot.port },
    users: [alice, bob],
    policies: [policy('old', 365, { schedule: '0 0 1 1 *' })],
    extra: {
      http: {
        listen: '127.0.0.1:0',
        auth: { tokenFile: './token' },
        metrics: { auth: { tokenFile: './token' } },
        owners: true,
      },
    },
  });
  await secret(site, 'token', token);
  assertExit(await site.run(['run', '--yes']), 0);
  daemon = await startDaemon(site);
  const { port } = await daemon.line(/^web server listens$/);
  url = `http://127.0.0.1:${String(port)}`;
});
after(async () => {
  await daemon.stop();
  await site.remove();
  await dovecot.stop();
});

async function folders(): Promise<ReadonlyMap<string, number>> {
  const { accounts } = await site.json<{
    readonly accounts: readonly {
      readonly account: string;
      readonly folders: readonly { readonly path: string; readonly messages: number }[];
    }[];
  }>(['quota', '--account', alice]);
  return new Map(accounts[0]?.folders.map(({ path, messages }) => [path, messages]));
}

async function restored(one: Visitor, subject: RegExp, to: string): Promise<string> {
  const { text } = await one.ask('/mine');
  const ids = [...text.matchAll(/name="id"\s+value="([^"]+)"[\s\S]*?<a[^>]*>([^<]*)</g)]
    .filter(([, , title = '']) => subject.test(title))
    .map(([, id = '']) => ['id', id] as const);
  const key = await one.key('/mine', '/mine/restore');
  const answer = await one.post('/mine/restore', [['key', key], ['to', to], ...ids]);
  const path = answer.headers.get('location') ?? assert.fail(answer.text);
  let shown = '';
  await until(async () => {
    shown = (await one.ask(path)).text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
    return !/State (?:waiting|running)/.test(shown);
  });
  return shown;
}

test('an owner signs in, reads, downloads and restores the own mail, and the password is kept nowhere', async () => {
  const one = new Visitor(url);
  assert.equal((await one.signIn(alice, typed)).status, 403);
  assert.equal((await one.signIn(alice, 'secret')).status, 303);
  const list = (await one.ask('/mine?q=kept')).text;
  assert.deepEqual(
    [...list.matchAll(/>(Alice kept \w+)<\/a/g)].map(([, title]) => title),
    ['Alice kept this', 'Alice kept that'],
  );
  assert.doesNotMatch((await one.ask('/mine')).text, /Bob has/);
  const path = /href="(\/mine\/messages\/[^"]+)"/.exec(list)?.[1] ?? assert.fail();
  assert.match((await one.ask(path)).text, /<pre class="mail">/);
  const download = await one.ask(`${path}/download`);
  assert.match(
    download.headers.get('content-disposition') ?? '',
    /^attachment; filename="[0-9a-f]+-\d+\.eml"$/,
  );
  assert.match(download.text, /^Subject: Alice kept this\r?$/m);
  assert.match(
    await restored(one, /kept this/, 'restored'),
    /State done .*1 message restored, 0 already there/,
  );
  assert.match(await restored(one, /kept/, 'original'), /State done .*2 messages restored/);
  assert.match(await restored(one, /kept/, 'original'), /0 messages restored, 2 already there/);
  const now = await folders();
  assert.deepEqual([now.get('INBOX'), now.get('Restored')], [3, 1]);
  const { entries } = await site.json<{
    readonly entries: readonly { readonly who: string; readonly action: string; readonly account: string }[];
  }>(['audit']);
  const mine = entries.filter(({ who }) => who === `owner of ${alice} on main from 127.0.0.1`);
  assert.deepEqual(
    new Set(mine.map(({ action }) => action)),
    new Set(['search', 'show', 'download', 'restore']),
  );
  const metrics = await (
    await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  ).text();
  assert.match(metrics, /mothball_owner_sign_ins_total\{result="accepted"\} 1/);
  assert.match(metrics, /mothball_owner_sign_ins_total\{result="refused"\} 1/);
  const database = await readFile(site.database);
  const journal = await readFile(`${site.database}-wal`).catch(() => Buffer.alloc(0));
  for (const text of [database, journal, JSON.stringify(daemon.lines), metrics])
    assert.equal(text.includes(typed), false);
});

test('during a pause nothing is restored, and the owner is told in words that are for owners', async () => {
  const one = new Visitor(url);
  assert.equal((await one.signIn(bob, 'secret')).status, 303);
  assertExit(await site.run(['pause', '--reason', 'hands off']), 0);
  const shown = await restored(one, /Bob/, 'restored');
  assert.match(shown, /State failed .*your administrator has paused the archive/);
  assert.doesNotMatch(shown, /hands off|mothball resume/);
  assertExit(await site.run(['resume']), 0);
});
