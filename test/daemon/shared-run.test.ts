import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openDatabaseOf } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ActiveConfig } from '../../src/daemon/active-config.ts';
import { DueFinder } from '../../src/daemon/due-policies.ts';
import type { JobContext } from '../../src/daemon/job-context.ts';
import { watchOf } from '../../src/daemon/open.ts';
import { Pings } from '../../src/daemon/pings.ts';
import { ServerWatch } from '../../src/daemon/server-watch.ts';
import { sharedRun } from '../../src/daemon/shared-run.ts';
import { StoreWatch } from '../../src/daemon/store-watch.ts';
import { dayMs } from '../../src/domain/dates.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { Activity } from '../../src/watch/daemon-state.ts';
import { noSecrets } from '../config/files.ts';
import { makeSite, policy } from '../integration/installation.ts';
import { freePort } from '../servers/free-port.ts';
import { startScriptedImap } from '../servers/scripted-imap.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';

const alice = { server: 'main', account: 'alice' };

/** A replica that finds the mail server at this port, with a policy that is due for alice. */
async function replica(t: TestContext, port: number): Promise<JobContext> {
  const site = await makeSite({
    server: { port, connectAttempts: 1 },
    policies: [policy('old', 365, { schedule: '0 0 1 * *' })],
  });
  t.after(() => site.remove());
  const config = await loadConfig(join(site.dir, 'mothball.yaml'), noSecrets);
  const { catalog, locks } = await openDatabaseOf(config, 'create');
  t.after(() => catalog[Symbol.asyncDispose]());
  const quiet = (): void => undefined;
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const clock = { at: new Date(), now: () => clock.at };
  const metrics = new Metrics('1', { process: false });
  const servers = new ServerWatch({ metrics, log, clock });
  t.after(() => servers.stop());
  const stores = new StoreWatch(metrics, log, clock);
  const watch = watchOf(servers, stores, log);
  const shared = {
    catalog,
    locks,
    log,
    signal: new AbortController().signal,
    clock,
    throttled: quiet,
    watch,
  };
  const active = await ActiveConfig.open(config, shared);
  t.after(() => active.close());
  servers.configure(config.accounts);
  clock.at = new Date(clock.at.getTime() + 40 * dayMs);
  return {
    active,
    due: new DueFinder(active),
    activity: new Activity(clock),
    metrics,
    log,
    pings: new Pings(clock, log),
    servers,
    stores,
  };
}

const nobody = new AbortController().signal;

test('an account whose server does not answer this replica is given back, for another one to try', async (t) => {
  const context = await replica(t, await freePort());
  const tried = await sharedRun(context, alice, nobody);
  assert.equal(tried?.kind, 'later');
  // Now the server is down for this replica, and the account is not even tried.
  assert.deepEqual(await sharedRun(context, alice, nobody), {
    kind: 'later',
    reason: 'server main does not answer this replica',
    failed: false,
  });
});

test("an account that is not in this configuration is nobody's", async (t) => {
  const context = await replica(t, await freePort());
  assert.equal(await sharedRun(context, { server: 'main', account: 'bob' }, nobody), null);
});

test('a replica to whom the account was not given any more stops before it does anything', async (t) => {
  const server = await startScriptedImap({
    folders: { INBOX: { messages: [scriptedMessage(1)] } },
    hooks: {},
  });
  t.after(() => server.stop());
  const context = await replica(t, server.port);
  const outcome = await sharedRun(context, alice, AbortSignal.abort());
  assert.equal(outcome?.kind, 'later');
  assert.match(outcome?.kind === 'later' ? outcome.reason : '', /given to another replica/);
  assert.ok(!server.log.some((line) => /FETCH|STORE|EXPUNGE|MOVE/.test(line)), server.log.join('\n'));
});
