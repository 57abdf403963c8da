import assert from 'node:assert/strict';
import test from 'node:test';
import { accountsOfRows, rowFault, type RowMapping, shrinkFault } from '../../src/domain/account-list.ts';

const columns = {
  user: 'user',
  server: 'server',
  passwordFile: 'passwordFile',
  quota: 'quota',
  hold: 'hold',
  keepNewerThan: 'keepNewerThan',
};
const mapping: RowMapping = {
  columns,
  server: 'main',
  passwordFile: null,
  filter: { include: ['*'], exclude: ['*@closed.example'] },
  servers: ['main', 'other'],
};
const users = (rows: readonly object[], changes: Partial<RowMapping> = {}) =>
  accountsOfRows(
    rows.map((row) => ({ ...row })),
    { ...mapping, ...changes },
  );

test('rows become accounts in order, each once, without those that the filter leaves out', () => {
  const { accounts, problems } = users([
    { user: 'zoe@a.example' },
    { user: ' amy@a.example ', server: 'other', quota: '5GiB', hold: 'TRUE' },
    { user: 'bob@closed.example' },
    { user: 'zoe@a.example' },
  ]);
  assert.deepEqual(
    accounts.map(({ user, server, hold, quota }) => [server, user, hold, quota]),
    [
      ['main', 'zoe@a.example', false, null],
      ['other', 'amy@a.example', true, '5GiB'],
    ],
  );
  assert.deepEqual(problems, [{ row: 4, reason: 'the account is in the list already' }]);
});

test('a row that is wrong costs itself alone, and is named by its number', () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{}, /column "user" is empty/],
    [{ user: ['', 'x'] }, /is empty/],
    [{ user: { nested: 1 } }, /is empty/],
    [{ user: 'a', server: 'none' }, /there is no server "none"/],
    [{ user: 'a\nb' }, /can't be shown/],
    [{ user: 'x'.repeat(256) }, /longer than 255/],
    [{ user: 'a', hold: 'perhaps' }, /hold must be true or false/],
    [{ user: 'a', hold: ['no', 'perhaps'] }, /hold must be true or false/],
    [{ user: '?'.repeat(129) }, /too long for its many special signs/],
    [{ user: 'a', server: 'none\u001b[2J' }, /can't be shown/],
    [{ user: 'a', [rowFault]: 'it has 1 field, and the first line has 4' }, /^a: it has 1 field/],
    [{ [rowFault]: 'it has 9 fields, and the first line has 4' }, /^it has 9 fields/],
  ];
  const { accounts, problems } = users([...wrong.map(([row]) => row), { user: 'good' }]);
  assert.deepEqual(
    accounts.map(({ user }) => user),
    ['good'],
  );
  for (const [index, [, reason]] of wrong.entries()) {
    assert.equal(problems[index]?.row, index + 1);
    assert.match(problems[index]?.reason ?? '', reason);
  }
});

test('what a row asks to keep counts, whatever else is wrong with it or however often its account is listed', () => {
  const user = 'a@a.example';
  const all = { user, hold: true, keepNewerThan: null };
  const young = { user, hold: false, keepNewerThan: '5y' };
  const cases: readonly (readonly [object, object])[] = [
    [{ user, hold: 'yes' }, all],
    [{ user, keepNewerThan: '5y' }, young],
    [{ user, hold: 'perhaps' }, all],
    [{ user, hold: ['FALSE', 'TRUE'] }, all],
    [{ user, keepNewerThan: ['1y', '5y'] }, all],
    [{ user, keepNewerThan: 'x'.repeat(300) }, all],
    [{ user, hold: 'yes', server: 'none' }, all],
    [{ user, hold: 'yes', quota: '5\n' + 'G'.repeat(300) }, all],
    [{ user, keepNewerThan: '5y', server: 'none' }, young],
    [{ user, [rowFault]: 'it has 1 field, and the first line has 4' }, all],
  ];
  for (const [row, keep] of cases) {
    assert.deepEqual(users([{ user }, row]).keeps, [keep], JSON.stringify(row));
    const { accounts, keeps } = users([row, { user }]);
    const asked = accounts.map((one) => ({ user, hold: one.hold, keepNewerThan: one.keepNewerThan }));
    assert.ok(
      [...asked, ...keeps].some((one) => JSON.stringify(one) === JSON.stringify(keep)),
      JSON.stringify(row),
    );
  }
  assert.deepEqual(users([{ user: 'a@closed.example', hold: 'yes' }]).keeps, [
    { ...all, user: 'a@closed.example' },
  ]);
  assert.deepEqual(users([{ user }, { user }, { user, server: 'none' }]).keeps, []);
});

test('columns are put together, and a path of a password file leads nowhere else', () => {
  const put = (row: object, changes: Partial<RowMapping>) => users([row], changes).accounts[0];
  const joined = { columns: { ...columns, user: '{uid}@{domain}' } };
  assert.equal(put({ uid: 'amy', domain: 'a.example' }, joined)?.user, 'amy@a.example');
  assert.equal(put({ uid: 'amy' }, joined), undefined);
  const template = { passwordFile: '/etc/mothball/{user}.password' };
  assert.equal(put({ user: 'amy' }, template)?.passwordFile, '/etc/mothball/amy.password');
  for (const user of ['../../root', 'a/b', '..', 'a\\b'])
    assert.equal(put({ user }, template), undefined, user);
});

test('of many wrong rows a hundred are named, and the rest is counted', () => {
  const { problems } = users(Array.from({ length: 250 }, () => ({})));
  assert.equal(problems.length, 101);
  assert.equal(problems.at(-1)?.reason, '150 more rows like these');
});

test('a list that lacks more than the share is not taken; additions do not count against it', () => {
  const list = (from: number, to: number) =>
    users(Array.from({ length: to - from }, (_, index) => ({ user: `u${from + index}` }))).accounts;
  assert.equal(shrinkFault(list(0, 100), list(20, 100), 20), null);
  assert.match(shrinkFault(list(0, 100), list(21, 100), 20) ?? '', /lacks 21 of 100 accounts/);
  assert.match(shrinkFault(list(0, 100), list(50, 200), 20) ?? '', /lacks 50/);
  assert.match(shrinkFault(list(0, 1), [], 20) ?? '', /lacks 1 of 1 account\b/);
  assert.equal(shrinkFault([], list(0, 5), 0), null);
});
