import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { makeSite, type Site } from '../integration/installation.ts';

/** A source of the test: what mothball.yaml says of it, and how its rows are replaced. */
export interface Kind {
  readonly config: object;
  /** `bad`: one more row, which is wrong. */
  fill(users: readonly string[], bad: boolean): Promise<void>;
  /** It can't be read from now on. */
  down(): Promise<void>;
  readonly bad?: RegExp;
}

const people = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `user${String(from + index).padStart(4, '0')}@example.com`);

export async function siteWith(t: TestContext, config: object): Promise<Site> {
  const site = await makeSite({
    server: { port: 1, auth: { type: 'master', user: 'admin', passwordFile: './password' } },
    policies: [],
    extra: { accounts: undefined, accountSources: { staff: { maxShrink: '20%', ...config } } },
  });
  t.after(() => site.remove());
  return site;
}

interface Answer {
  readonly sources: readonly {
    readonly accounts: number;
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly problems: readonly { readonly row: number; readonly reason: string }[];
    readonly refused: string | null;
  }[];
}

export const refresh = async (site: Site, code: number, ...more: readonly string[]) => {
  const { sources } = await site.json<Answer>(['accounts', '--refresh', ...more], code);
  const [only] = sources;
  assert.ok(only !== undefined);
  return only;
};

const listedBy = async (site: Site): Promise<readonly string[]> => {
  const { accounts } = await site.json<{
    readonly accounts: readonly { readonly account: string; readonly source: string | null }[];
  }>(['accounts']);
  for (const { source } of accounts) assert.equal(source, 'staff');
  return accounts.map(({ account }) => account);
};

export async function fullLife(
  t: TestContext,
  make: (site: { dir: string }) => Promise<Kind> | Kind,
): Promise<void> {
  const holder = await siteWith(t, { type: 'csv', path: './none.csv' });
  const kind = await make(holder);
  await holder.configure({
    extra: { accounts: undefined, accountSources: { staff: { maxShrink: '20%', ...kind.config } } },
  });
  await kind.fill(people(0, 5_000), false);
  assert.equal((await refresh(holder, 0)).added.length, 5_000);
  assert.deepEqual(await listedBy(holder), people(0, 5_000));

  await kind.fill(people(1, 5_001), true);
  const next = await refresh(holder, 0);
  assert.deepEqual([next.added, next.removed], [['user5000@example.com'], ['user0000@example.com']]);
  assert.equal(next.problems.length, 1);
  assert.match(next.problems[0]?.reason ?? '', kind.bad ?? /is empty/);

  await kind.fill(people(2_500, 5_000), false);
  const half = await refresh(holder, 1);
  assert.match(half.refused ?? '', /lacks 2,50[01] of 5,000 accounts/);
  assert.equal((await listedBy(holder)).length, 5_000);
  const warned = await holder.run(['accounts']);
  assert.match(warned.stderr, /account source "staff": it lacks .* the list of .* is used/);
  assert.equal((await refresh(holder, 0, '--accept-shrink')).accounts, 2_500);

  await kind.down();
  assert.match((await refresh(holder, 1)).refused ?? '', /can't be read/);
  assert.equal((await listedBy(holder)).length, 2_500);
}
