/** How long someone is signed in at /mine, and who else could be. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { admins, alice, archiveOf, bob, openOwners, type Visitor } from './owner-site.ts';
import { bearer, token } from './page-server.ts';

const minute = 60_000;

async function isIn(one: Visitor): Promise<boolean> {
  return (await one.ask('/mine')).status === 200;
}

test('a session ends after half an hour without use, and after eight hours in any case', async (t) => {
  const { owner, pass } = await openOwners(t);
  const idle = await owner(bob);
  pass(30 * minute - 1);
  assert.equal(await isIn(idle), true);
  pass(30 * minute);
  assert.equal(await isIn(idle), false);
  const busy = await owner(bob);
  for (let passed = 0; passed < 8 * 60 - 20; passed += 20) {
    pass(20 * minute);
    assert.equal(await isIn(busy), true, String(passed));
  }
  pass(20 * minute);
  assert.equal(await isIn(busy), false);
});

test('a session that was there before the sign-in is not the one after it', async (t) => {
  const { owner, visitor } = await openOwners(t);
  const attacker = await owner(bob);
  const known = attacker.cookies.get('mothball-owner') ?? '';
  for (const fixed of [known, 'A'.repeat(43), 'x', `${known};`]) {
    const victim = visitor();
    victim.cookies.set('mothball-owner', fixed);
    assert.equal((await victim.signIn(alice.account, 'password of alice', { server: 'main' })).status, 303);
    assert.notEqual(victim.cookies.get('mothball-owner'), fixed);
    const other = visitor();
    other.cookies.set('mothball-owner', fixed);
    assert.equal(await isIn(other), false, 'the session that was brought along has ended');
  }
});

test('two session cookies at once, or one that nobody got, are none', async (t) => {
  const { owner, visitor } = await openOwners(t);
  const one = await owner(bob);
  const id = one.cookies.get('mothball-owner') ?? '';
  for (const cookie of [
    `mothball-owner=${id}; mothball-owner=${'B'.repeat(43)}`,
    `mothball-owner=${id.slice(0, -1)}`,
    `mothball-owner=${id.toLowerCase()}`,
    `MOTHBALL-OWNER=${id}`,
    `__Host-mothball-owner=${id}`,
    'mothball-owner=__proto__',
  ])
    assert.equal((await visitor().ask('/mine', {}, { cookie })).status, 303, cookie);
});

test('signing out ends the session on the server, and needs the key of its form', async (t) => {
  const { owner, visitor } = await openOwners(t);
  const one = await owner(bob);
  const other = await owner(alice);
  const id = one.cookies.get('mothball-owner') ?? '';
  const foreign = await other.key('/mine', '/mine/sign-out');
  for (const key of ['', 'x', foreign, await one.key('/mine', '/mine/restore').catch(() => 'x')])
    assert.ok([400, 403].includes((await one.post('/mine/sign-out', { key })).status));
  assert.equal((await one.ask('/mine/sign-out')).status, 404);
  assert.equal(await isIn(one), true);
  const key = await one.key('/mine', '/mine/sign-out');
  assert.equal((await one.post('/mine/sign-out', { key })).headers.get('location'), '/mine/sign-in');
  const thief = visitor();
  thief.cookies.set('mothball-owner', id);
  assert.equal(await isIn(thief), false);
  assert.equal(await isIn(other), true);
});

test('sessions end when owners is disabled, and when the name opens another mailbox', async (t) => {
  const { owner, site, move } = await openOwners(t);
  const one = await owner(alice);
  await site.reload(admins);
  assert.equal((await one.ask('/mine')).status, 404);
  await site.reload({ ...admins, owners: true });
  assert.equal(await isIn(one), true);
  move();
  assert.equal(await isIn(one), false);
});

test('the sixth session of an account ends its first, and none of another account', async (t) => {
  const { owner } = await openOwners(t);
  const other = await owner(bob);
  const first = await owner(alice);
  for (let more = 0; more < 5; more++) await owner(alice);
  assert.deepEqual([await isIn(first), await isIn(other)], [false, true]);
});

test('an owner gets nothing of the pages of admins, and the tokens of admins open no archive', async (t) => {
  const place = await openOwners(t);
  const id = await archiveOf(place, alice, 'Own letter');
  const one = await place.owner(alice);
  const paths = [
    '/',
    '/accounts',
    '/archives',
    `/archives/${id}`,
    '/search?q=x',
    `/messages/${id}/0`,
    `/restore?id=${id}`,
  ];
  for (const path of [...paths, '/api/v1/status', `/api/v1/messages/${id}/0`])
    assert.ok([401, 403].includes((await one.ask(path)).status), path);
  const admin = place.visitor({ authorization: bearer(token) });
  for (const path of ['/mine', `/mine/messages/${id}/0`, `/mine/messages/${id}/0/download`])
    assert.equal((await admin.ask(path)).headers.get('location'), '/mine/sign-in', path);
});
