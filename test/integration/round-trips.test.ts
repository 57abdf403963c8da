/** What an account costs on the wire: counted in front of a real Dovecot. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { RawImap } from '../servers/raw-imap.ts';
import { type SlowConnection, type SlowProxy, startSlowProxy } from '../servers/slow-proxy.ts';
import { assertExit, makeSite, policy, type Site } from './installation.ts';

const sizes = { few: 1, many: 50 } as const;
let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
  for (const [user, folders] of Object.entries(sizes)) {
    await seedUser(dovecot, user, [note('young', 3)]);
    const raw = await RawImap.login(dovecot.port, user);
    for (let number = 1; number < folders; number += 1) {
      await raw.command(`CREATE F${number}`);
      if (number % 2 === 0) await raw.append(`F${number}`, [{ body: 'Subject: x\r\n\r\ny\r\n' }]);
    }
    raw.close();
  }
});

after(() => dovecot.stop());

async function withSite(body: (site: Site, proxy: SlowProxy) => Promise<void>): Promise<void> {
  const proxy = await startSlowProxy(dovecot.port, 0);
  const site = await makeSite({
    server: { port: proxy.port },
    users: Object.keys(sizes),
    policies: [policy('old', 730)],
  });
  try {
    await body(site, proxy);
  } finally {
    await site.remove();
    await proxy.stop();
  }
}

function times({ commands }: SlowConnection, name: string): number {
  return commands.filter((one) => one === name).length;
}

/** ID, NAMESPACE and CAPABILITY are sent once, and one folder costs as much time as fifty. */
function assertFrugal(connection: SlowConnection, most: number): void {
  for (const name of ['ID', 'NAMESPACE', 'CAPABILITY', 'ENABLE', 'AUTHENTICATE', 'LOGOUT'])
    assert.equal(times(connection, name), 1, name);
  assert.ok(connection.roundTrips <= most, `${connection.roundTrips}: ${connection.commands.join(', ')}`);
}

for (const command of ['scan', 'quota'])
  test(`${command} of an account takes at most 8 round trips and one GETQUOTAROOT, with 1 folder and with 50`, async () => {
    await withSite(async (site, proxy) => {
      for (const user of Object.keys(sizes)) assertExit(await site.run([command, '--account', user]), 0);
      assert.equal(proxy.connections.length, 2);
      const [few, many] = proxy.connections;
      for (const connection of proxy.connections) {
        assertFrugal(connection, 8);
        assert.equal(times(connection, 'GETQUOTAROOT'), 1);
        assert.equal(times(connection, 'LIST'), 1);
      }
      assert.equal(many?.roundTrips, few?.roundTrips);
    });
  });

for (const args of [['plan'], ['run', '--yes']])
  test(`${args[0]} with nothing to do takes at most 8 round trips, with 1 folder and with 50, and fetches nothing`, async () => {
    await withSite(async (site, proxy) => {
      for (const user of Object.keys(sizes)) assertExit(await site.run([...args, '--account', user]), 0);
      assert.equal(proxy.connections.length, 2);
      for (const connection of proxy.connections) {
        assertFrugal(connection, 8);
        assert.equal(times(connection, 'UID FETCH'), 0);
      }
      assert.equal(proxy.connections[1]?.roundTrips, proxy.connections[0]?.roundTrips);
    });
  });

test('a run that archives and deletes one folder measures it once', async () => {
  await seedUser(dovecot, 'whole', [note('young', 3), note('old', 800), note('older', 900)]);
  const proxy = await startSlowProxy(dovecot.port, 0);
  const policies = [policy('old', 730, { limits: { maxPercent: 100 } })];
  const site = await makeSite({ server: { port: proxy.port }, users: ['whole'], policies });
  try {
    assertExit(await site.run(['run', '--yes']), 0);
    const [connection] = proxy.connections;
    assert.ok(connection !== undefined);
    assertFrugal(connection, 24);
    // One for each of the folders that Dovecot makes.
    assert.equal(times(connection, 'STATUS'), 5);
    // What is planned, its bodies, the recheck, its headers, the flags after STORE, and twice what is gone.
    assert.equal(times(connection, 'UID FETCH'), 7);
  } finally {
    await site.remove();
    await proxy.stop();
  }
});
