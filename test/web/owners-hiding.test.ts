/** What the sign-in at /mine does not tell a stranger, and what it spares the mail servers. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'node:test';
import type { OwnerLogin } from '../../src/ports/owner-logins.ts';
import { MailServers } from '../../src/web/owners/mail-servers.ts';
import { SignInLimits } from '../../src/web/owners/sign-in-limits.ts';
import { alice, bob, oauth, openOwners } from './owner-site.ts';

const stranger = 'nobody@example.com';
const minute = 60_000;

test('every refusal takes at least as long, whether it is of an account or not', async (t) => {
  const { visitor } = await openOwners(t, undefined, 300);
  await Promise.all(
    [bob.account, stranger, oauth.account].map(async (name) => {
      const one = visitor();
      const key = await one.key('/mine/sign-in', '/mine/sign-in');
      const began = performance.now();
      assert.equal((await one.post('/mine/sign-in', { key, name, password: 'wrong' })).status, 403);
      assert.ok(performance.now() - began >= 295, name);
    }),
  );
});

test('an empty password, or one with a second line, reaches no server and makes no name wait', async (t) => {
  const { visitor, asked, owner } = await openOwners(t, undefined, 1);
  for (const name of [bob.account, stranger])
    for (const password of ['', 'x\r\ny', 'x\0y', '\n', ''])
      assert.equal((await visitor().signIn(name, password)).status, 403);
  assert.deepEqual(asked, []);
  await owner(bob);
});

test('a name waits after three tries, whatever server is typed beside it, whether it is of an account or not', async (t) => {
  for (const name of [bob.account, stranger]) {
    const { visitor } = await openOwners(t);
    for (const server of ['main', '', 'nowhere'])
      assert.equal((await visitor().signIn(name, 'wrong', { server })).status, 403, `${name} ${server}`);
    for (const server of ['main', '', 'other', 'new'])
      assert.equal((await visitor().signIn(name, 'wrong', { server })).status, 429, `${name} ${server}`);
  }
});

test('while a server is down, names of no account hear the same as its accounts', async (t) => {
  const { visitor, down, pass, owner } = await openOwners(t);
  down.add('main');
  const status = async (name: string, server: string): Promise<number> =>
    (await visitor().signIn(name, 'wrong', { server })).status;
  assert.equal(await status(bob.account, 'main'), 503);
  assert.deepEqual([await status(stranger, 'main'), await status(oauth.account, 'main')], [503, 503]);
  assert.equal(await status(stranger, 'other'), 403);
  pass(minute);
  assert.equal(await status('another@example.com', 'main'), 403);
  down.clear();
  await owner(bob);
});

test('a server that could not be asked has checked no guess: the account does not wait, the address does', async (t) => {
  const { visitor, down, asked } = await openOwners(t);
  down.add('main');
  const statuses: number[] = [];
  for (let index = 0; index < 11; index++)
    statuses.push((await visitor().signIn(bob.account, 'password of bob')).status);
  assert.deepEqual([statuses.indexOf(429), asked.length], [10, 10]);
});

test('a dead server keeps three checks, and owners on other servers sign in', async () => {
  const servers = new MailServers(() => 0);
  const dead = Promise.withResolvers<OwnerLogin>();
  let open = 0;
  const ask = (): Promise<OwnerLogin> => {
    open += 1;
    return dead.promise;
  };
  const waiting = Array.from({ length: 32 }, () => servers.hold('dead', () => servers.check('dead', ask)));
  await turn();
  assert.equal(open, 3);
  assert.deepEqual([servers.waitSeconds('dead'), servers.waitSeconds('fine')], [5, 0]);
  assert.equal(await servers.check('fine', async () => 'accepted'), 'accepted');
  dead.resolve('unavailable');
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['unavailable']));
  assert.equal(servers.waitSeconds('dead'), 0);
});

test('a server refuses twenty owners a minute, and is then spared, so that it does not ban Mothball', async () => {
  const clock = { now: 0 };
  const servers = new MailServers(() => clock.now);
  for (let index = 0; index < 20; index++) {
    assert.equal(servers.waitSeconds('main'), 0);
    await servers.check('main', async () => 'refused');
  }
  clock.now = 20_000;
  assert.deepEqual([servers.waitSeconds('main'), servers.waitSeconds('other')], [40, 0]);
  clock.now = minute;
  assert.equal(servers.waitSeconds('main'), 0);
});

test('an office whose people mistype now and then does not wait ever longer; who guesses does', () => {
  const clock = { now: 0 };
  const limits = new SignInLimits(() => clock.now);
  const attempt = (index: number, address: string) => ({ address, account: null, name: String(index) });
  for (let index = 0; index < 100; index++) {
    assert.equal(limits.waitMs(attempt(index, '192.0.2.1')), 0, String(index));
    limits.begin(attempt(index, '192.0.2.1'));
    clock.now += 3 * minute;
  }
  for (let index = 0; index < 12; index++) limits.begin(attempt(1_000 + index, '192.0.2.2'));
  assert.equal(limits.waitMs(attempt(1, '192.0.2.2')), 8_000);
  assert.equal(limits.waitMs({ address: '192.0.2.3', account: alice.account, name: 'other' }), 0);
});
