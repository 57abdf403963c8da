import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { openDatabaseOf } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Configuration, loadSettled } from '../../src/daemon/configuration.ts';
import { ActiveConfig } from '../../src/daemon/active-config.ts';
import { MothballError } from '../../src/errors.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import { Activity } from '../../src/watch/daemon-state.ts';
import { noSecrets } from '../config/files.ts';
import { makeSite, policy } from '../integration/installation.ts';

const clock = { now: () => new Date() };

test('new rules are in force at once, and stop what runs by the old, whatever fails to be recorded', async (t) => {
  const files = await makeSite({ server: { port: 9 }, users: ['alice'], policies: [policy('old', 365)] });
  t.after(() => files.remove());
  const load = () => loadConfig(join(files.dir, 'mothball.yaml'), noSecrets);
  const { config, print } = await loadSettled(load);
  const { catalog: real, locks } = await openDatabaseOf(config, 'create');
  t.after(() => real[Symbol.asyncDispose]());
  let full = true;
  const catalog: Catalog = {
    ...real,
    async knowPolicies(names, now) {
      if (full) throw new MothballError('the disk is full', { code: 'database' });
      return await real.knowPolicies(names, now);
    },
  };
  const errors: string[] = [];
  const quiet = (): void => undefined;
  const log = { debug: quiet, info: quiet, warn: quiet, error: (text: string) => void errors.push(text) };
  const shared = { catalog, locks, log, signal: new AbortController().signal, clock, throttled: quiet };
  const old = await ActiveConfig.open(config, shared);
  const installed: ActiveConfig[] = [];
  const settled: ActiveConfig[] = [];
  const configuration = new Configuration(
    {
      ...shared,
      load,
      activity: new Activity(clock),
      metrics: new Metrics('0'),
      install: (next) => void installed.push(next),
      settle: async (next) => void settled.push(next),
    },
    old,
    print,
  );
  t.after(() => configuration.close());

  await files.configure({ holds: [{ name: 'case', match: { from: '*@rival.example' } }] });
  await configuration.reload();
  assert.equal(old.app.signal.aborted, true, 'work by the old rules goes on');
  assert.deepEqual([installed.length, settled.length], [1, 1]);
  assert.equal(configuration.active, installed[0]);
  assert.equal(installed[0]?.config.holds.length, 1);
  assert.match(errors.join('\n'), /in force, but could not be applied completely: the disk is full/);

  full = false;
  await configuration.reload();
  assert.equal(configuration.active, installed[1]);
  assert.equal(installed[0]?.app.signal.aborted, false, 'the same rules stop nothing');
  assert.equal(errors.length, 1);
});
