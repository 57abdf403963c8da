import assert from 'node:assert/strict';
import test, { after, before, type TestContext } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { keyPair, makeEncryptedSite } from '../integration/encrypted-site.ts';
import { assertExit, policy } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { inParts, largeMail, proxiedWorld, type ProxiedWish, type ProxiedWorld } from './beside-site.ts';
import { type CommandVerdict, type ProxiedCommand, startProxy } from './imap-proxy.ts';

let dovecot: Dovecot;
let users = 0;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

/** Connections of a run, in order. */
const reading = 1;
const deleting = 2;

function world(t: TestContext, wish: Partial<ProxiedWish> = {}): Promise<ProxiedWorld> {
  const user = `beside${++users}@example.com`;
  return proxiedWorld(t, dovecot, user, { mail: largeMail, changes: { archive: inParts }, ...wish });
}

/** Each selected message is in one archive, once, and gone from the server; nothing else is. */
async function assertDone({ site, full, now }: ProxiedWorld): Promise<void> {
  const left = await now();
  assertExactlyGone(full, left, site.archives(), selectByRule(full, { olderThanDays: 365 }, new Date()));
  assert.deepEqual(subjects(left, 'INBOX'), ['young']);
  const copies = site.archives().flatMap(({ messages }) => messages);
  assert.equal(copies.length, full.messages.length - 1);
}

/** So many that the rest is worth another second connection after one has ended. */
const more = Array.from({ length: 6 }, (_, index) => note(`more ${index}`, 400 + index, { size: 6_000_000 }));

const isBody = ({ name, rest }: ProxiedCommand): boolean =>
  name === 'UID FETCH' && /BODY\.PEEK\[\]/i.test(rest);
const isLogin = ({ name }: ProxiedCommand): boolean => name === 'LOGIN' || name === 'AUTHENTICATE';

/** Holds back what the first connection reads of the last message until the second one has come so far. */
function meeting(
  reached: (command: ProxiedCommand) => boolean,
): (command: ProxiedCommand) => Promise<CommandVerdict> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const read = new Set<string>();
  return async (command) => {
    if (command.connection === deleting && reached(command)) resolve();
    if (command.connection === reading && isBody(command)) {
      read.add(/^\d+/.exec(command.rest)?.[0] ?? '');
      if (read.size === largeMail.length - 1) await promise;
    }
    return 'pass';
  };
}

test('what is verified is deleted on a second connection while the first one still reads', async (t) => {
  const made = await world(t);
  made.proxy.rules = { onCommand: meeting(({ name }) => name === 'UID EXPUNGE') };
  assertExit(await made.site.run(['run', '--yes']), 0);
  assert.equal(made.proxy.connections, deleting);
  const onFirst = made.proxy.commands
    .filter(({ connection }) => connection === reading)
    .map(({ name }) => name);
  assert.ok(!onFirst.includes('UID STORE'), 'the first one only reads');
  await assertDone(made);
});

test('a second connection that ends while it deletes is not opened again, and the first one settles what it left', async (t) => {
  const made = await world(t, { mail: [...largeMail, ...more] });
  let cut = 0;
  const meet = meeting(({ name }) => name === 'UID EXPUNGE');
  made.proxy.rules = {
    async onCommand(command) {
      await meet(command);
      if (command.name !== 'UID EXPUNGE' || command.connection !== deleting) return 'pass';
      cut += 1;
      return 'cut';
    },
  };
  assertExit(await made.site.run(['run', '--yes']), 0);
  assert.equal(cut, 1);
  // And the one that settled it and did the rest alone.
  assert.equal(made.proxy.connections, deleting + 1);
  await assertDone(made);
});

test('a first connection that ends in the middle of a message loses nothing of what is deleted meanwhile', async (t) => {
  const made = await world(t);
  let cuts = 0;
  const meet = meeting(({ name }) => name === 'UID STORE');
  made.proxy.rules = {
    onCommand: meet,
    onResponse({ connection, command }) {
      const stored = made.proxy.commands.some(({ name }) => name === 'UID STORE');
      if (connection !== reading || command === null || !isBody(command) || !stored || cuts > 0)
        return 'pass';
      cuts += 1;
      return { cutAfter: 100_000 };
    },
  };
  assertExit(await made.site.run(['run', '--yes']), 0);
  assert.equal(cuts, 1);
  await assertDone(made);
});

test('where the server takes no second connection, all is done on the first one, and one line says why', async (t) => {
  const made = await world(t);
  made.proxy.rules = {
    onCommand: (command) =>
      isLogin(command) && command.connection === deleting
        ? { reply: `${command.tag} NO [LIMIT] Maximum number of connections from user+IP exceeded\r\n` }
        : 'pass',
  };
  const done = await made.site.run(['run', '--yes']);
  assertExit(done, 0);
  assert.equal(made.proxy.connections, deleting, 'it was asked once');
  assert.equal(done.stderr.split('\n').filter((line) => line.includes('Maximum number')).length, 1);
  await assertDone(made);
});

test('a server with one place gets one connection', async (t) => {
  const made = await world(t, { server: { maxConnections: 1 } });
  assertExit(await made.site.run(['run', '--yes']), 0);
  assert.equal(made.proxy.connections, reading);
  await assertDone(made);
});

test('a second connection on which nothing may be deleted yet is closed', async (t) => {
  const user = `beside${++users}@example.com`;
  await seedUser(dovecot, user, largeMail);
  const proxy = await startProxy(dovecot);
  t.after(() => proxy.stop());
  const keys = keyPair();
  t.after(() => keys.remove());
  // Nobody has shown yet that its archives can be read, so its mail stays.
  const site = await makeEncryptedSite(
    {
      server: { port: proxy.port, maxConnections: 2 },
      users: [user],
      policies: [policy('old', 365, { archive: inParts })],
    },
    keys,
  );
  t.after(() => site.remove());
  await site.run(['run', '--yes']);
  const ended = proxy.commands.filter(({ name }) => name === 'LOGOUT').map(({ connection }) => connection);
  assert.deepEqual(ended, [deleting, reading]);
  assert.equal((await snapshot(dovecot, user)).messages.length, largeMail.length);
});
