/** A restore compares what it has appended on a second connection while the first one appends the next group. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { inFull } from '../full.ts';
import { assertExit } from '../integration/installation.ts';
import { assertSameMail } from '../oracle/nothing-lost.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { proxiedWorld, type ProxiedWish, type ProxiedWorld } from './beside-site.ts';
import type { CommandVerdict, ImapProxy, ProxiedCommand } from './imap-proxy.ts';

let dovecot: Dovecot;
let users = 0;

before(async () => {
  dovecot = await startDovecot({ quotaBytes: null });
});

after(() => dovecot.stop());

/** Connections of a restore, in order. */
const appending = 1;
const comparing = 2;

/** Three of them are a group. */
const largeMail = Array.from({ length: 12 }, (_, index) =>
  note(`large ${index}`, 500 + index, { size: 3_000_000 }),
);
/** The first message goes alone, then each group in one command. */
const appends = 5;

const restore = ['restore', '--all', '--yes'];

/** Everything is archived and deleted, past the proxy. */
async function world(t: TestContext, wish: Partial<ProxiedWish> = {}): Promise<ProxiedWorld> {
  const user = `compare${++users}@example.com`;
  const changes = { limits: { maxPercent: 100 } };
  const made = await proxiedWorld(t, dovecot, user, { mail: largeMail, changes, ...wish });
  assertExit(await made.site.run(['run', '--yes']), 0);
  return made;
}

/** Only what the restore does. */
function since(proxy: ImapProxy, connections: number): readonly ProxiedCommand[] {
  return proxy.commands.flatMap((command) =>
    command.connection > connections ? [{ ...command, connection: command.connection - connections }] : [],
  );
}

const isBody = ({ name, rest }: ProxiedCommand): boolean =>
  name === 'UID FETCH' && /BODY\.PEEK\[\]/i.test(rest);
const isLogin = ({ name }: ProxiedCommand): boolean => name === 'LOGIN' || name === 'AUTHENTICATE';

/** Holds the first group back that can be compared on the second connection until that has logged in. */
function inTime(earlier: number): (command: ProxiedCommand) => Promise<void> {
  const { promise: loggedIn, resolve } = Promise.withResolvers<void>();
  let appended = 0;
  return async ({ connection, name }) => {
    if (connection === earlier + comparing && name === 'ENABLE') resolve();
    if (connection === earlier + appending && name === 'APPEND' && ++appended === appends - 1) await loggedIn;
  };
}

test('a group is compared on a second connection while the next one is appended', async (t) => {
  const { proxy, site, full, now } = await world(t);
  const earlier = proxy.connections;
  const { promise: compared, resolve } = Promise.withResolvers<void>();
  const loggedIn = inTime(earlier);
  let appended = 0;
  proxy.rules = {
    async onCommand(command): Promise<CommandVerdict> {
      await loggedIn(command);
      if (command.connection === earlier + comparing && isBody(command)) resolve();
      // The last one waits for it: it can only come from beside.
      if (command.name === 'APPEND' && ++appended === appends) await compared;
      return 'pass';
    },
  };
  assertExit(await site.run(restore), 0);
  assert.equal(proxy.connections, earlier + comparing);
  const onSecond = new Set(
    since(proxy, earlier).flatMap(({ connection, name }) => (connection === comparing ? [name] : [])),
  );
  assert.ok(!onSecond.has('APPEND') && !onSecond.has('SELECT'), 'the second one only reads');
  assertSameMail(full, await now());
});

test('a second connection that ends while it compares is not opened again, and the first one compares', async (t) => {
  const { proxy, site, full, now } = await world(t);
  const earlier = proxy.connections;
  const loggedIn = inTime(earlier);
  let cut = false;
  proxy.rules = {
    async onCommand(command): Promise<CommandVerdict> {
      await loggedIn(command);
      if (command.connection !== earlier + comparing || !isBody(command)) return 'pass';
      cut = true;
      return 'cut';
    },
  };
  const done = await site.run(restore);
  assertExit(done, 0);
  assert.ok(cut);
  assert.equal(proxy.connections, earlier + comparing);
  assert.match(done.stderr, /no second connection any more/);
  assertSameMail(full, await now());
});

test('a group that neither connection could compare is settled by the next restore, and nothing is doubled', async (t) => {
  const { proxy, site, full, now } = await world(t);
  const earlier = proxy.connections;
  const loggedIn = inTime(earlier);
  let cut = false;
  let refused = 0;
  proxy.rules = {
    async onCommand(command): Promise<CommandVerdict> {
      await loggedIn(command);
      const { connection, name, tag } = command;
      if (connection === earlier + comparing && isBody(command)) {
        cut = true;
        return 'cut';
      }
      if (!cut || refused > 0 || connection !== earlier + appending || name !== 'EXAMINE') return 'pass';
      refused += 1;
      return { reply: `${tag} NO not now\r\n` };
    },
  };
  const done = await site.run(restore);
  assert.deepEqual([cut, refused, done.code], [true, 1, 3], done.stderr);
  assert.match(done.stdout + done.stderr, /INBOX.*not now/);
  proxy.rules = {};
  assertExit(await site.run(restore), 0);
  assertSameMail(full, await now());
});

test('where the server takes no second connection, a restore does all on the first one', async (t) => {
  const { proxy, site, full, now } = await world(t);
  const earlier = proxy.connections;
  proxy.rules = {
    onCommand: (command) =>
      isLogin(command) && command.connection === earlier + comparing
        ? { reply: `${command.tag} NO [LIMIT] Maximum number of connections from user+IP exceeded\r\n` }
        : 'pass',
  };
  assertExit(await site.run(restore), 0);
  assert.equal(proxy.connections, earlier + comparing, 'it was asked once');
  assertSameMail(full, await now());
});

test('a restore from a server with one place has one connection', async (t) => {
  const { proxy, site, full, now } = await world(t, { server: { maxConnections: 1 } });
  const earlier = proxy.connections;
  assertExit(await site.run(restore), 0);
  assert.equal(proxy.connections, earlier + appending);
  assertSameMail(full, await now());
});

/** Alters a message of the third group where it is read; says how often it did. */
function altering(proxy: ImapProxy, where: (connection: number) => boolean): () => number {
  const loggedIn = inTime(proxy.connections);
  let altered = 0;
  proxy.rules = {
    async onCommand(command): Promise<CommandVerdict> {
      await loggedIn(command);
      return 'pass';
    },
    onResponse({ connection, command, raw }) {
      if (!where(connection) || command === null || !isBody(command)) return 'pass';
      const text = raw.toString('latin1');
      if (!/^\* \d+ FETCH/i.test(text) || !text.includes('Subject: large 7')) return 'pass';
      altered += 1;
      return { replace: Buffer.from(text.replace('Subject: large', 'Subject: lArge'), 'latin1') };
    },
  };
  return () => altered;
}

test('what only the second connection sees otherwise is compared on the first one, and is fine', async (t) => {
  const { proxy, site, full, now } = await world(t);
  const earlier = proxy.connections;
  const altered = altering(proxy, (connection) => connection === earlier + comparing);
  assertExit(await site.run(restore), 0);
  assert.equal(altered(), 1);
  assertSameMail(full, await now());
  assertExit(await site.run(restore), 0);
  assert.equal((await now()).messages.length, largeMail.length);
});

test('what both connections see otherwise is listed once, and not added again', async (t) => {
  const { proxy, site, now } = await world(t);
  const earlier = proxy.connections;
  const altered = altering(proxy, (connection) => connection > earlier);
  const done = await site.run(restore);
  assert.deepEqual([altered(), done.code], [2, 3]);
  assert.equal(done.stdout.match(/the server altered its bytes/g)?.length, 1);
  proxy.rules = {};
  await site.run(restore);
  assert.equal((await now()).messages.length, largeMail.length);
});

test('a restore that is killed while one group is compared and another appended is completed by the next one', async (t) => {
  const mail = Array.from({ length: 2100 }, (_, index) => note(`small ${index}`, 500 + (index % 300)));
  const whole = await world(t, { mail });
  const log = join(whole.site.dir, 'points');
  assertExit(await whole.site.runProcess(restore, { env: { MOTHBALL_FAILPOINT_LOG: log } }), 0);
  const points = readFileSync(log, 'utf8').trimEnd().split('\n').length;
  // The first two groups are compared by the first connection.
  for (let point = 9; point <= points; point += inFull ? 1 : 6) {
    const { site, full: seeded, now } = await world(t, { mail });
    const killed = await site.runProcess(restore, { env: { MOTHBALL_FAILPOINT: String(point) } });
    assert.notEqual(killed.code, 0);
    assertExit(await site.run(restore), 0);
    assertSameMail(seeded, await now());
  }
});
