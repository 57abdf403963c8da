/** Who may sign in at /mine, and what attackers of the sign-in get. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  admins,
  alice,
  archiveOf,
  bob,
  capital,
  elsewhere,
  oauth,
  openOwners,
  passwords,
} from './owner-site.ts';
import { bearer, token } from './page-server.ts';

const right = 'password of alice';
/** Behind a proxy that ends TLS and is named. */
const proxied = { ...admins, owners: true, trustedProxies: ['127.0.0.1'] };
const hour = 3_600_000;

test('nothing is there unless http.owners is enabled', async (t) => {
  const { visitor, asked, site } = await openOwners(t, admins);
  const one = visitor();
  for (const path of ['/mine', '/mine/', '/mine/sign-in', `/mine/messages/${'0'.repeat(64)}/0`])
    for (const headers of [{}, { authorization: bearer(token) }])
      assert.equal((await one.ask(path, {}, headers)).status, 404, path);
  assert.equal(
    (await one.post('/mine/sign-in', { key: 'x', name: alice.account, password: right })).status,
    404,
  );
  assert.deepEqual(asked, []);
  await site.reload({ ...admins, owners: true });
  assert.equal((await one.ask('/mine/sign-in')).status, 200);
});

test('the login of the mailbox opens its archive, in a cookie that scripts and other sites never see', async (t) => {
  const place = await openOwners(t);
  await archiveOf(place, alice, 'Own letter');
  await archiveOf(place, bob, 'Letter of bob');
  const one = place.visitor();
  const form = await one.ask('/mine');
  assert.deepEqual([form.status, form.headers.get('location')], [303, '/mine/sign-in']);
  const answer = await one.signIn(` ${alice.account} `, right, { server: 'main' });
  assert.match(
    answer.headers.getSetCookie()[0] ?? '',
    /^mothball-owner=[\w-]{43}; Path=\/mine; HttpOnly; SameSite=Strict$/,
  );
  const { text } = await one.ask('/mine');
  assert.match(text, /Own letter 1/);
  assert.doesNotMatch(text, /Letter of bob|password of/);
  const { rows } = await place.site.app.catalog.auditPage({ action: 'sign-in' }, { limit: 9, offset: 0 });
  assert.equal(rows[0]?.account, alice.account);
  assert.doesNotMatch(JSON.stringify(rows), /password of/);
});

test('over TLS the cookie is Secure and of this host alone; without TLS nobody signs in', async (t) => {
  const { visitor } = await openOwners(t, proxied);
  const one = visitor({ 'x-forwarded-proto': 'https' });
  const answer = await one.signIn(bob.account, 'password of bob');
  assert.match(
    answer.headers.getSetCookie()[0] ?? '',
    /^__Host-mothball-owner=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
  );
  assert.equal((await one.ask('/mine')).status, 200);
  const clear = visitor({ 'x-forwarded-proto': 'http' });
  assert.equal((await clear.ask('/mine/sign-in')).status, 403);
  assert.equal((await clear.post('/mine/sign-in', { key: 'x', name: 'x', password: 'x' })).status, 403);
});

test('behind a proxy nobody signs in unless it is named and says that it had TLS', async (t) => {
  const said = { key: 'x', name: alice.account, password: right };
  for (const [http, all] of [
    [
      undefined,
      [
        { 'x-forwarded-proto': 'https' },
        { 'x-forwarded-proto': 'HTTP' },
        { 'x-forwarded-for': '192.0.2.1' },
        { 'x-real-ip': '192.0.2.1' },
        { forwarded: 'for=192.0.2.1;proto=https' },
        { via: '1.1 proxy' },
      ],
    ],
    [
      proxied,
      [
        { 'x-forwarded-proto': 'http, http' },
        { 'x-forwarded-proto': 'https, http' },
        { 'x-forwarded-proto': 'HTTP' },
        { 'x-forwarded-for': '192.0.2.1' },
      ],
    ],
  ] as const) {
    const { visitor, asked } = await openOwners(t, http);
    for (const headers of all) {
      const one = visitor(headers);
      assert.equal((await one.ask('/mine/sign-in')).status, 403, JSON.stringify(headers));
      const { status, text } = await one.post('/mine/sign-in', said);
      assert.equal(status, 403);
      assert.match(text, /without TLS: use https/);
    }
    assert.deepEqual(asked, []);
  }
});

test('only the exact name of one configured account reaches a mail server', async (t) => {
  const { visitor, asked } = await openOwners(t, proxied);
  const tries = [
    [alice.account, {}],
    ['ALICE@EXAMPLE.COM', { server: 'main' }],
    ['alice', { server: 'main' }],
    [`${alice.account}*admin`, { server: 'main' }],
    [`${alice.account}\0`, { server: 'main' }],
    [`${alice.account}\r\nSet-Cookie: x=y`, { server: 'main' }],
    ['alice@example.com\u200b', { server: 'main' }],
    ['аlice@example.com', { server: 'main' }],
    [bob.account, { server: 'other' }],
    [bob.account, { server: 'MAIN' }],
    ['__proto__', {}],
    ['', {}],
    ['*@example.com', {}],
  ] as const;
  await Promise.all(
    tries.map(async ([name, more], index) => {
      const one = visitor({ 'x-forwarded-for': `192.0.2.${index}`, 'x-forwarded-proto': 'https' });
      const answer = await one.signIn(name, right, more);
      assert.ok([403, 429].includes(answer.status), `${name}: ${answer.status}`);
      assert.equal(one.cookies.has('__Host-mothball-owner'), false);
      assert.equal(answer.headers.get('x'), null);
    }),
  );
  assert.deepEqual(asked, []);
});

test('the same user on another server, and a name in other letters, are other accounts', async (t) => {
  const place = await openOwners(t);
  const all = [alice, elsewhere, capital];
  for (const account of all)
    await archiveOf(place, account, `Mail of ${account.account} at ${account.server}`);
  for (const account of all) {
    const { text } = await (await place.owner(account)).ask('/mine');
    for (const other of all)
      assert.equal(text.includes(`Mail of ${other.account} at ${other.server} 1`), other === account);
    const wrong = all.find((one) => one !== account) ?? alice;
    const answer = await place
      .visitor()
      .signIn(account.account, passwords[JSON.stringify([wrong.server, wrong.account])] ?? '', {
        server: account.server,
      });
    assert.equal(answer.status, 403);
  }
});

test('an account without a password login is answered like any other name, and nothing is sent to its server', async (t) => {
  const { visitor, asked } = await openOwners(t);
  const texts = new Set<string>();
  for (const name of [oauth.account, 'nobody@example.com']) {
    const answer = await visitor().signIn(name, 'anything');
    assert.equal(answer.status, 403);
    texts.add(/<p class="alarm"[^>]*>([^<]*)/.exec(answer.text)?.[1] ?? assert.fail(answer.text));
  }
  assert.equal(texts.size, 1);
  assert.match([...texts].join(), /no password that could be checked/);
  assert.deepEqual(asked, []);
});

test('passwords of one account can be tried ever more slowly, from wherever, also many at once', async (t) => {
  const { visitor, asked, pass, site } = await openOwners(t, proxied);
  const from = (index: number): ReturnType<typeof visitor> =>
    visitor({ 'x-forwarded-for': `198.51.100.${index}`, 'x-forwarded-proto': 'https' });
  const guess = (index: number): Promise<number> =>
    from(index)
      .signIn(bob.account, `guess ${index}`)
      .then(({ status }) => status);
  const statuses = await Promise.all(Array.from({ length: 9 }, (_, index) => guess(index)));
  assert.equal(statuses.filter((status) => status === 429).length, 6);
  assert.equal(asked.length, 3);
  const locked = await from(30).signIn(bob.account, 'password of bob');
  assert.deepEqual([locked.status, locked.headers.get('retry-after')], [429, '2']);
  assert.match(locked.text, /Too many tries\. Nothing was checked/);
  for (const wait of [2_000, 4_000, 8_000]) {
    pass(wait - 1);
    assert.equal(await guess(20), 429);
    pass(1);
    assert.equal(await guess(21), 403, String(wait));
  }
  assert.equal(asked.length, 6);
  pass(16_000);
  assert.equal((await from(31).signIn(bob.account, 'password of bob')).status, 303);
  const { rows } = await site.app.catalog.auditPage({ action: 'sign-in-failures' }, { limit: 9, offset: 0 });
  assert.equal(rows.length, 1, 'one line for each burst');
  assert.doesNotMatch(JSON.stringify(rows) + site.log.join(), /guess|password of/);
  assert.match(site.log.join(), /too many failed sign-ins of owners, account bob@example\.com on main/);
});

test('an address that tries many accounts waits, whatever it says of where it comes from', async (t) => {
  const { visitor, asked, pass, owner } = await openOwners(t);
  let last = 0;
  for (let index = 0; index < 13; index++) {
    const name = [alice.account, bob.account, capital.account, `nobody-${index}`][index % 4] ?? '';
    const one = visitor({ 'x-client-ip': `203.0.113.${index}`, 'true-client-ip': `203.0.113.${index}` });
    last = (await one.signIn(name, `guess ${index}`, { server: 'main' })).status;
  }
  assert.deepEqual([last, asked.length], [429, 8]);
  pass(hour);
  await owner(alice);
});

test('a form of another site, without a key, with the key of another browser or sent twice signs nobody in', async (t) => {
  const { visitor, asked } = await openOwners(t);
  const one = visitor();
  const attacker = visitor();
  const said = { name: bob.account, password: 'password of bob' };
  const foreign = await attacker.key('/mine/sign-in', '/mine/sign-in');
  const own = await one.key('/mine/sign-in', '/mine/sign-in');
  for (const [fields, headers] of [
    [said, {}],
    [{ ...said, key: '' }, {}],
    [{ ...said, key: foreign }, {}],
    [{ ...said, key: own }, { 'sec-fetch-site': 'cross-site' }],
    [{ ...said, key: own }, { cookie: '' }],
    [
      { ...said, key: own },
      {
        cookie: `mothball-sign-in=${one.cookies.get('mothball-sign-in')}; mothball-sign-in=${attacker.cookies.get('mothball-sign-in')}`,
      },
    ],
  ] as const)
    assert.ok(
      [400, 403].includes((await one.post('/mine/sign-in', fields, headers)).status),
      JSON.stringify(fields),
    );
  for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x'])
    assert.ok(
      (await one.post('/mine/sign-in', { ...said, key: own }, { 'content-type': type })).status >= 400,
    );
  assert.deepEqual(asked, []);
  assert.equal((await one.post('/mine/sign-in', { ...said, key: own })).status, 303);
  one.cookies.set('mothball-sign-in', attacker.cookies.get('mothball-sign-in') ?? '');
  assert.equal((await one.post('/mine/sign-in', { ...said, key: own })).status, 403);
});
