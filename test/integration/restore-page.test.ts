/** Restores that the page starts, on a real server: the code of the command does the work. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { secret } from '../e2e/fleet.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { type Daemon, startDaemon, until } from './daemon.ts';
import { assertExit, makeSite, policy, type Site } from './installation.ts';

const alice = 'alice@example.com';
const said = { authorization: 'Bearer restore-token-of-this-test' };

interface Place {
  readonly site: Site;
  readonly daemon: Daemon;
  readonly archive: string;
  /** Sends the form of the archive, and returns the page of the job when it has ended. */
  restore(fields?: Record<string, string>): Promise<string>;
  folders(): Promise<ReadonlyMap<string, number>>;
}

async function start(t: TestContext): Promise<Place> {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  await seedUser(dovecot, alice, [note('old', 500), note('older', 600), note('young', 3)]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [alice],
    policies: [policy('old', 365, { schedule: '0 0 1 1 *' })],
    extra: {
      http: {
        listen: '127.0.0.1:0',
        auth: { tokenFile: './token', restoreTokenFile: './restore-token' },
        restore: true,
      },
    },
  });
  t.after(() => site.remove());
  await secret(site, 'token', 'status-token-of-this-test');
  await secret(site, 'restore-token', 'restore-token-of-this-test');
  assertExit(await site.run(['run', '--yes']), 0);
  const { archives } = await site.json<{ readonly archives: readonly { readonly id: string }[] }>([
    'archives',
  ]);
  const archive = archives[0]?.id ?? assert.fail();
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  const { port } = await daemon.line(/^web server listens$/);
  const url = `http://127.0.0.1:${String(port)}`;
  const page = async (path: string): Promise<string> =>
    (await (await fetch(url + path, { headers: said })).text()).replaceAll(/\s+/g, ' ');
  return {
    site,
    daemon,
    archive,
    async restore(fields = {}) {
      const key = /name="key" value="([^"]+)"/.exec(await page(`/restore?id=${archive}`))?.[1] ?? '';
      const response = await fetch(`${url}/restore`, {
        method: 'POST',
        redirect: 'manual',
        headers: said,
        body: new URLSearchParams({ id: archive, key, ...fields }),
      });
      const job = response.headers.get('location') ?? assert.fail(await response.text());
      let shown = '';
      await until(async () => {
        shown = await page(job);
        return !/waiting|running/.test(shown);
      });
      return shown.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
    },
    async folders() {
      const { accounts } = await site.json<{
        readonly accounts: readonly {
          readonly folders: readonly { readonly path: string; readonly messages: number }[];
        }[];
      }>(['quota']);
      return new Map(accounts[0]?.folders.map(({ path, messages }) => [path, messages]));
    },
  };
}

test('the page restores to the original folder or another one, once, and it is recorded', async (t) => {
  const place = await start(t);
  assert.equal((await place.folders()).get('INBOX'), 1);
  assert.match(await place.restore(), /State done .* 2 of 2 messages .*2 messages restored, 0 already there/);
  assert.match(await place.restore(), /0 messages restored, 2 already there/);
  assert.match(await place.restore({ folder: 'Back', account: alice }), /2 messages restored/);
  const folders = await place.folders();
  assert.deepEqual([folders.get('INBOX'), folders.get('Back')], [3, 2]);
  const { entries } = await place.site.json<{
    readonly entries: readonly { readonly who: string; readonly action: string; readonly detail: string }[];
  }>(['audit', '--action', 'restore']);
  assert.deepEqual(
    entries.map(({ who, detail }) => `${who}: ${detail.replace(place.archive, 'ID')}`),
    [
      'restore token from 127.0.0.1: 2 messages of ID to Back',
      'restore token from 127.0.0.1: 2 messages of ID to INBOX',
      'restore token from 127.0.0.1: 2 messages of ID to INBOX',
    ],
  );
});

test('nothing is restored during a pause', async (t) => {
  const place = await start(t);
  assertExit(await place.site.run(['pause', '--reason', 'hands off']), 0);
  assert.match(await place.restore(), /State failed .*paused by .*hands off/);
  assert.equal((await place.folders()).get('INBOX'), 1);
  assertExit(await place.site.run(['resume']), 0);
  assert.match(await place.restore(), /2 messages restored/);
});
