import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../../src/config/load.ts';
import { ActiveConfig } from '../../src/daemon/active-config.ts';
import { DueFinder } from '../../src/daemon/due-policies.ts';
import type { JobContext } from '../../src/daemon/job-context.ts';
import { Reports } from '../../src/daemon/reports.ts';
import { dayMs } from '../../src/domain/dates.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { noSecrets } from '../config/files.ts';
import { startSmtp } from '../servers/smtp.ts';
import { openSite, withTokens } from '../web/page-server.ts';

/** A daemon's parts as far as reports need them, and a clock that the test moves. */
async function world(t: TestContext) {
  const sink = await startSmtp();
  t.after(() => sink.stop());
  const mail = {
    to: ['a@example.com'],
    from: 'm@example.com',
    host: '127.0.0.1',
    port: sink.port,
    tls: 'none',
  };
  const { dir, app } = await openSite(t, withTokens, '127.0.0.1', () => ({ reports: { mail } }));
  const clock = { at: new Date('2026-11-20T12:00:00Z'), now: () => clock.at };
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const log = { debug: write, info: write, warn: write, error: write };
  const stop = new AbortController();
  const { catalog, locks } = app;
  const shared = { catalog, locks, log, signal: stop.signal, clock, throttled: () => undefined };
  const active = await ActiveConfig.open(await loadConfig(join(dir, 'mothball.yaml'), noSecrets), shared);
  t.after(() => active.close());
  const metrics = new Metrics('1', { process: false });
  const context = { active, due: new DueFinder(active), log, metrics } as unknown as JobContext;
  const running = new Set<Promise<void>>();
  const reporter = (): Reports => {
    const reports = new Reports((job) => {
      const done = job(context).finally(() => running.delete(done));
      running.add(done);
    }, 20);
    t.after(() => reports.stop());
    return reports;
  };
  const settled = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running);
  };
  return { sink, clock, lines, reporter, settled, stop };
}

const period = /from (\S+ \S+) UTC to (\S+ \S+) UTC/;

test('a report is sent when it is due, tried again until it is taken, and the next one begins where it ended', async (t) => {
  const { sink, clock, lines, reporter, settled } = await world(t);
  const reports = reporter();
  reports.due();
  await settled();
  assert.equal(sink.lines.length, 0, 'its schedule did not fire yet');

  let refusals = 2;
  sink.options.answer = (line) => (line.startsWith('MAIL') && (refusals -= 1) >= 0 ? '451 later' : null);
  clock.at = new Date(clock.at.getTime() + dayMs);
  reports.due();
  while (sink.mails.length === 0) await sleep(10);
  await settled();
  assert.equal(lines.filter((line) => line.startsWith('the report was not sent')).length, 2);
  reports.due();
  await settled();
  assert.equal(sink.mails.length, 1, 'the admin has it');
  assert.deepEqual(period.exec(sink.mails[0]?.data ?? '')?.slice(1), [
    '2026-11-20 07:00',
    '2026-11-21 12:00',
  ]);

  clock.at = new Date(clock.at.getTime() + 3 * dayMs);
  reports.due();
  await settled();
  assert.deepEqual(period.exec(sink.mails[1]?.data ?? '')?.slice(1), [
    '2026-11-21 12:00',
    '2026-11-24 12:00',
  ]);
  const ids = sink.mails.map(({ data }) => /^Message-ID: (.*)\r$/m.exec(data)?.[1]);
  assert.equal(new Set(ids).size, 2);
});

test('of two replicas that both believe that they lead, one sends', async (t) => {
  const { sink, clock, reporter, settled } = await world(t);
  clock.at = new Date(clock.at.getTime() + dayMs);
  const [one, other] = [reporter(), reporter()];
  one.due();
  other.due();
  while (sink.mails.length === 0) await sleep(10);
  // Longer than the pause after which the second looks again.
  await sleep(200);
  await settled();
  assert.equal(sink.mails.length, 1);
});

test('a mail server that says nothing is left at once when the daemon stops, and nothing is tried again', async (t) => {
  const { sink, clock, reporter, settled, stop, lines } = await world(t);
  sink.options.answer = () => 'hang';
  clock.at = new Date(clock.at.getTime() + dayMs);
  const reports = reporter();
  reports.due();
  while (sink.lines.length === 0) await sleep(10);
  const begun = Date.now();
  stop.abort(new Error('stop'));
  await settled();
  assert.ok(Date.now() - begun < 5_000);
  assert.deepEqual(lines, []);
  await sleep(60);
  assert.equal(sink.lines.length, 1);
});
