/** Several accounts at a time from the command line: on the wire, and in what is printed. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type SlowProxy, startSlowProxy } from '../servers/slow-proxy.ts';
import { assertExit, describe, makeSite, policy, type Site } from './installation.ts';

const users = Array.from({ length: 12 }, (_, index) => `user${String(index + 1).padStart(2, '0')}`);
/** Their passwords are wrong. */
const refused = ['user02', 'user07'];
let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
  for (const user of users) await seedUser(dovecot, user, [note('old', 900), note('young', 3)]);
});

after(() => dovecot.stop());

async function withSite(
  body: (site: Site, proxy: SlowProxy) => Promise<void>,
  server: Readonly<Record<string, unknown>> = {},
  wrong: readonly string[] = [],
): Promise<void> {
  const proxy = await startSlowProxy(dovecot.port, 30);
  const site = await makeSite({
    server: { port: proxy.port, ...server },
    accounts: users.map((user) => ({
      user,
      server: 'main',
      ...(wrong.includes(user) ? { passwordEnv: 'WRONG' } : { passwordFile: 'password' }),
    })),
    policies: [policy('old', 365)],
  });
  try {
    await body(site, proxy);
  } finally {
    await site.remove();
    await proxy.stop();
  }
}

const env = { WRONG: 'wr0ng' };

/** The users that the lines name, in order, each once in a row. */
function named(text: string): readonly string[] {
  return [...text.matchAll(/user\d\d/g)]
    .map(([user]) => user)
    .filter((user, at, all) => user !== all[at - 1]);
}

test('scan works on as many accounts as maxConnections at a time, and 8 by default', async () => {
  for (const [server, most] of [
    [{}, 8],
    [{ maxConnections: 3 }, 3],
  ] as const)
    await withSite(async (site, proxy) => {
      const result = await site.run(['scan']);
      assertExit(result, 0);
      assert.equal(proxy.mostAtOnce, most);
      assert.match(result.stdout, /scanned 12 accounts, 0 failed/);
    }, server);
});

test('--account-concurrency bounds it, and what is no number is refused before anything is done', async () => {
  await withSite(async (site, proxy) => {
    assertExit(await site.run(['quota', '--account-concurrency', '1']), 0);
    assert.equal(proxy.mostAtOnce, 1);
    for (const wrong of ['0', '-1', '2.5', 'many', '']) {
      const result = await site.run(['scan', `--account-concurrency=${wrong}`]);
      assert.equal(result.code, 2, describe(result));
      assert.match(result.stderr, /--account-concurrency takes a number/);
    }
    assert.equal(proxy.connections.length, users.length);
  });
});

test('results and errors come in the order of the accounts, and one that fails costs itself alone', async () => {
  await withSite(
    async (site, proxy) => {
      const quota = await site.run(['quota', '--json'], { env });
      assert.equal(quota.code, 3, describe(quota));
      const good = users.filter((user) => !refused.includes(user));
      const { accounts }: { readonly accounts: readonly { readonly account: string }[] } = JSON.parse(
        quota.stdout,
      );
      assert.deepEqual(
        accounts.map(({ account }) => account),
        good,
      );
      assert.deepEqual(named(quota.stderr), refused);
      const run = await site.run(['run', '--yes', '--json'], { env });
      assert.equal(run.code, 3, describe(run));
      const { runs }: { readonly runs: readonly { readonly account: string; readonly deleted: object }[] } =
        JSON.parse(run.stdout);
      assert.deepEqual(
        runs.map(({ account }) => account),
        users,
      );
      for (const { account, deleted } of runs.filter((one) => good.includes(one.account)))
        assert.equal(Reflect.get(deleted, 'messages'), 1, account);
      assert.equal(site.archives().length, good.length);
      assert.ok(proxy.mostAtOnce > 4 && proxy.mostAtOnce <= 8, String(proxy.mostAtOnce));
    },
    {},
    refused,
  );
});

test('a signal ends a scan: no other account is begun, and those begun are ended', async () => {
  await withSite(async (site, proxy) => {
    let stop: (signal: 'SIGINT') => void = () => undefined;
    const running = site.run(['scan', '--account-concurrency', '2'], { onStart: (how) => (stop = how) });
    while (proxy.connections.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    stop('SIGINT');
    assertExit(await running, 130);
    assert.ok(proxy.connections.length < users.length, String(proxy.connections.length));
  });
});
