/** What a signed-in owner can reach, by trying: only the mail of the own account. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { sha256 } from '../../src/domain/brands.ts';
import { accountKey } from '../../src/domain/account.ts';
import {
  alice,
  archiveOf,
  bob,
  capital,
  elsewhere,
  openOwners,
  type OwnerSite,
  type Visitor,
} from './owner-site.ts';

interface Place extends OwnerSite {
  readonly one: Visitor;
  /** Archives of alice, who looks, and of others. */
  readonly own: string;
  readonly others: readonly string[];
}

async function open(t: test.TestContext): Promise<Place> {
  const place = await openOwners(t);
  const own = await archiveOf(place, alice, 'Own letter');
  const others: string[] = [];
  for (const account of [bob, elsewhere, capital])
    others.push(await archiveOf(place, account, 'Secret of another'));
  return { ...place, own, others, one: await place.owner(alice) };
}

test('no message of another account is shown, downloaded or told apart from one that is not there', async (t) => {
  const { one, own, others } = await open(t);
  const missing = 'f'.repeat(64);
  const ids = [...others, missing].flatMap((id) => [`${id}/0`, `${id}/1`]);
  const odd = [
    `${own}/2`,
    `${own}/999999`,
    `${own}/-1`,
    `${own}/0x0`,
    `${own}/1e0`,
    `${own.slice(0, 12)}/0`,
    `${(others[0] ?? '').slice(0, 8)}/0`,
    `${own.toUpperCase()}/0`,
    `${own}%2f..%2f${others[0]}/0`,
    `${own}/..%2f..%2f${others[0]}%2f0`,
    `${own}%00/0`,
    `..%2f..%2fetc%2fpasswd/0`,
    `%2e%2e/%2e%2e`,
    `%ff/0`,
  ];
  const answers = new Set<string>();
  for (const id of [...ids, ...odd])
    for (const path of [`/mine/messages/${id}`, `/mine/messages/${id}/download`]) {
      const { status, text } = await one.ask(path);
      assert.ok([400, 401, 404].includes(status), `${path}: ${status}`);
      assert.doesNotMatch(text, /Secret of another|bob@|archive has messages|that start with/, path);
      if (ids.includes(id)) answers.add(`${status} ${text.replace(/As of.*$/s, '')}`);
    }
  assert.equal(answers.size, 1, [...answers].join('\n'));
  assert.match((await one.ask(`/mine/messages/${own}/0`)).text, /Own letter 1/);
});

test('no search finds mail of another account', async (t) => {
  const { one } = await open(t);
  for (const query of [
    '',
    'q=Secret',
    'q=folder:INBOX',
    'q=Own+OR+Secret',
    'q=-nothing',
    'q=%25',
    'q=*',
    'q=account:bob',
    'q=to:alice',
    `q=${encodeURIComponent(`") OR 1=1 --`)}`,
    `q=${encodeURIComponent("'; DROP TABLE lines; --")}`,
    'account=bob@example.com',
    'account=*',
    'server=other',
    'q=x&q=y',
    'page=2',
    'page=-1',
    'page=99999999999',
    `q=${'a'.repeat(1001)}`,
  ]) {
    const { status, text } = await one.ask(`/mine?${query}`);
    assert.ok([200, 400].includes(status), `${query}: ${status}`);
    assert.doesNotMatch(text, /Secret of another/, query);
  }
  assert.equal((await one.ask('/mine?account=*')).status, 400);
  assert.match((await one.ask('/mine?q=Own')).text, /Own letter 2/);
});

test('only own messages are restored, to the own account, in two folders at most', async (t) => {
  const { one, own, others, wishes } = await open(t);
  const send = async (fields: readonly (readonly [string, string])[]): Promise<number> => {
    const key = await one.key('/mine', '/mine/restore');
    return (await one.post('/mine/restore', [['key', key], ...fields])).status;
  };
  const to = ['to', 'restored'] as const;
  const fine = ['id', `${own}/0`] as const;
  for (const other of others) {
    assert.equal(await send([['id', `${other}/0`], to]), 404);
    assert.equal(await send([fine, ['id', `${other}/0`], to]), 404, 'nor beside an own one');
  }
  for (const fields of [
    [['id', own], to],
    [['id', own.slice(0, 12)], to],
    [['id', `${own}/0/../../${others[0]}`], to],
    [['id', `${own}/0\r\nx: y`], to],
    [to],
    [fine],
    [fine, ['to', 'INBOX']],
    [fine, ['to', '../../bob']],
    [fine, to, ['account', bob.account]],
    [fine, to, ['server', 'other']],
    [fine, to, ['folder', 'Sent']],
    [fine, to, to],
    Array.from({ length: 101 }, (_, line) => ['id', `${own}/${line}`] as const),
  ] as const)
    assert.ok((await send(fields)) >= 400, JSON.stringify(fields).slice(0, 120));
  assert.equal(await send([...Array.from({ length: 300 }, () => fine), to]), 413);
  assert.equal(wishes.length, 0);
  assert.equal(await send([fine, ['id', `${own}/1`], fine, to]), 303);
  assert.equal(await send([fine, ['to', 'original']]), 303);
  assert.deepEqual(
    wishes.map(({ ids, owner, account, folder }) => [ids, owner, account, folder]),
    [
      [[`${own}/0`, `${own}/1`], alice, alice, 'Restored'],
      [[`${own}/0`], alice, alice, null],
    ],
  );
  assert.match(wishes[0]?.who ?? '', /^owner of alice@example\.com on main from 127\.0\.0\.1$/);
});

test('a restore is not started by another site, an old form, or the key of another session', async (t) => {
  const { one, own, wishes, owner, pass } = await open(t);
  const other = await owner(alice);
  const said = { id: `${own}/0`, to: 'restored' };
  const foreign = await other.key('/mine', '/mine/restore');
  const key = await one.key('/mine', '/mine/restore');
  for (const [fields, headers] of [
    [said, {}],
    [{ ...said, key: '' }, {}],
    [{ ...said, key: foreign }, {}],
    [{ ...said, key: await one.key('/mine', '/mine/sign-out') }, {}],
    [{ ...said, key: `${key}x` }, {}],
    [{ ...said, key }, { 'sec-fetch-site': 'cross-site' }],
    [{ ...said, key }, { 'sec-fetch-site': 'same-site' }],
  ] as const)
    assert.ok(
      [400, 403].includes((await one.post('/mine/restore', fields, headers)).status),
      JSON.stringify(fields),
    );
  assert.equal((await one.ask(`/mine/restore?id=${own}/0&to=restored&key=${key}`)).status, 404);
  const late = await one.post('/mine/restore', { ...said, key }, { cookie: '' });
  assert.equal(late.headers.get('location'), '/mine/sign-in');
  pass(25 * 60_000);
  await one.ask('/mine');
  await one.ask('/mine');
  for (const status of [303, 403])
    assert.equal((await one.post('/mine/restore', { ...said, key })).status, status, 'once');
  assert.equal(wishes.length, 1);
});

test('a restore is seen by its own account alone', async (t) => {
  const { one, own, owner, jobs } = await open(t);
  const key = await one.key('/mine', '/mine/restore');
  const answer = await one.post('/mine/restore', { key, id: `${own}/0`, to: 'restored' });
  const path = answer.headers.get('location') ?? assert.fail();
  const shown = (await one.ask(path)).text;
  assert.match(shown, /1 of 2 messages/);
  assert.doesNotMatch(shown, /of admins/);
  for (const account of [bob, elsewhere, capital])
    assert.equal((await (await owner(account)).ask(path)).status, 404, accountKey(account));
  const [job] = jobs.values();
  if (job === undefined) assert.fail();
  jobs.set('admin', { ...job, id: 'admin', wish: { ...job.wish, owner: null } });
  assert.equal((await one.ask('/mine/restores/admin')).status, 404, 'a job of an admin for this account');
  for (const id of ['__proto__', 'constructor', '..%2fadmin', '%0d%0aSet-Cookie:x=y', 'x'.repeat(900)]) {
    const { status, headers } = await one.ask(`/mine/restores/${id}`);
    assert.deepEqual([status, headers.getSetCookie()], [404, []], id);
  }
});

test('encrypted mail is found, and said plainly to be closed', async (t) => {
  const place = await openOwners(t);
  const id = await archiveOf(place, alice, 'Sealed', true);
  const one = await place.owner(alice);
  assert.match((await one.ask('/mine')).text, /Sealed 1/);
  const { text } = await one.ask(`/mine/messages/${id}/0`);
  assert.match(text.replaceAll(/\s+/g, ' '), /only your administrator has the key/);
  assert.doesNotMatch(text, /mothball show|--identity|\/download/);
  const download = await one.ask(`/mine/messages/${id}/0/download`);
  assert.deepEqual([download.status, /only your administrator has the key/.test(download.text)], [403, true]);
  const key = await one.key('/mine', '/mine/restore');
  const restore = await one.post('/mine/restore', { key, id: `${id}/0`, to: 'restored' });
  assert.deepEqual([restore.status, place.wishes.length], [403, 0]);
});

test('what cannot be read, or has expired, names nothing that is for admins', async (t) => {
  const { one, own, site } = await open(t);
  const { text } = await one.ask(`/mine/messages/${own}/0`);
  assert.match(text, /can&#39;t be read from the archive now|can't be read from the archive now/);
  assert.doesNotMatch(text, /local|mbox\.zst/);
  const download = await one.ask(`/mine/messages/${own}/0/download`);
  assert.equal(download.status, 502);
  assert.doesNotMatch(download.text, /store|mbox\.zst/);
  const { rows } = await site.app.catalog.auditPage({ action: 'download' }, { limit: 9, offset: 0 });
  assert.deepEqual(
    rows.map(({ account, detail }) => [account, detail]),
    [[alice.account, `${own}/0`]],
  );
  await site.app.catalog.setArchiveState(sha256(own), 'expired', 'retention of the admins');
  const gone = await one.ask(`/mine/messages/${own}/0`);
  assert.equal(gone.status, 404);
  assert.doesNotMatch(gone.text, /retention|expire/);
});
