/** Reports to the admin: the command, and the daemon that sends them. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { documentSchema } from '../../src/documents/document.ts';
import { periodReportShape } from '../../src/documents/period-report.ts';
import { startSmtp } from '../servers/smtp.ts';
import { afterDowntime, series, startDaemon } from './daemon.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';

const password = 'smtp-hunter2';
const token = 'hook-token-4711';

/** A site whose one mail server is not there, and who gets its reports. */
async function reporting(t: TestContext) {
  const sink = await startSmtp({ login: { user: 'mothball', password } });
  t.after(() => sink.stop());
  const calls: { readonly authorization: string | undefined; readonly body: string }[] = [];
  const hook = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ authorization: request.headers.authorization, body });
      response.end();
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    hook.closeAllConnections();
    hook.close();
  });
  const address = hook.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/hooks/path`;
  // Half a day from now: whatever the time, the last one was in the downtime and the next does not come in the test.
  const hour = (new Date().getUTCHours() + 12) % 24;
  const reports = {
    schedule: `0 ${hour} * * *`,
    mail: {
      to: ['admin@example.com'],
      from: 'mothball@example.com',
      host: '127.0.0.1',
      port: sink.port,
      tls: 'none',
      user: 'mothball',
      passwordFile: './smtp-password',
    },
    webhook: { url, tokenFile: './hook-token' },
  };
  const site = await makeSite({
    server: { port: 1 },
    policies: [policy('old', 365)],
    extra: { http: { listen: '127.0.0.1:0' }, daemon: { jitter: '1s' }, reports },
  });
  t.after(() => site.remove());
  await writeFile(join(site.dir, 'smtp-password'), `${password}\n`, { mode: 0o600 });
  await writeFile(join(site.dir, 'hook-token'), `${token}\n`, { mode: 0o600 });
  return { site, sink, calls };
}

const channels = ['mail', 'webhook'];

async function sentByBoth(site: Site) {
  const daemon = await startDaemon(site);
  for (const channel of channels)
    await daemon.line((line) => line['channel'] === channel && line.message.startsWith('report sent to'));
  const { text: metrics } = await daemon.get('/metrics');
  assert.equal(await daemon.stop(), 143);
  return { lines: JSON.stringify(daemon.lines), metrics };
}

test('`report` prints text, HTML and JSON, `--send` sends it by every channel, and a channel that fails is said', async (t) => {
  const { site, sink, calls } = await reporting(t);
  assertExit(await site.run(['scan']), 1);
  const printed = await site.run(['report']);
  assertExit(printed, 0);
  assert.match(printed.stdout, /^Mothball report\n=+\n1 account, from .* UTC to .* UTC\n/);
  assert.match(printed.stdout, /\nFailed\n-+\n- scan on alice on main: failed/);
  const html = await site.run(['report', '--since', '7d', '--format', 'html']);
  assert.match(html.stdout, /^<!doctype html>[^]*<h2[^>]*>Failed<\/h2>/);
  const json = await site.json(['report', '--since', new Date().toISOString().slice(0, 10)]);
  documentSchema('report', periodReportShape).parse(json);
  assertExit(await site.run(['report', '--since', 'yesterday']), 2);
  assertExit(await site.run(['report', '--since', '2001-01-01']), 2);

  const sent = await site.run(['report', '--send']);
  assertExit(sent, 0);
  assert.match(sink.mails[0]?.data ?? '', /^Subject: Mothball: 1 failure/m);
  assert.equal(calls[0]?.authorization, `Bearer ${token}`);
  documentSchema('report', periodReportShape).parse(JSON.parse(calls[0]?.body ?? ''));
  await sink.stop();
  const partly = await site.run(['report', '--send']);
  assertExit(partly, 3);
  assert.match(partly.stderr, /the report was not sent to admin@example\.com by 127\.0\.0\.1:\d+: /);
  for (const result of [printed, html, sent, partly]) assert.doesNotMatch(said(result), /hunter2|4711/);
  assertExit(await site.run(['validate']), 0);
  await site.configure({ extra: {} });
  assertExit(await site.run(['report', '--send']), 2);
});

test('the daemon sends the report that became due in a downtime once, by mail and webhook, and logs no secret', async (t) => {
  const { site, sink, calls } = await reporting(t);
  await afterDowntime(site, 30);
  const first = await sentByBoth(site);
  assert.deepEqual([sink.mails.length, calls.length], [1, 1]);
  for (const channel of channels) {
    const at = series(first.metrics, `mothball_last_report_success_timestamp_seconds{channel="${channel}"}`);
    assert.ok(at !== null && Date.now() / 1000 - at < 60, first.metrics);
    assert.equal(series(first.metrics, `mothball_report_failures_total{channel="${channel}"}`), 0);
  }
  assert.doesNotMatch(first.lines + first.metrics, /hunter2|4711|hooks\/path/);
  assert.match((await site.run(['status'])).stdout, /\(report\)/);

  const again = await startDaemon(site);
  await again.line(/daemon started/);
  const { text: metrics } = await again.get('/metrics');
  assert.ok(series(metrics, 'mothball_last_report_success_timestamp_seconds{channel="mail"}') !== null);
  assert.equal(await again.stop(), 143);
  assert.deepEqual([sink.mails.length, calls.length], [1, 1]);
});

test('a report that could not be sent by mail is logged and counted, comes by webhook, and by mail at the next start', async (t) => {
  const { site, sink, calls } = await reporting(t);
  await afterDowntime(site, 30);
  sink.options.answer = (line) => (line.startsWith('MAIL') ? '451 later' : null);
  const daemon = await startDaemon(site);
  const line = await daemon.line(/^the report was not sent to admin@example\.com/);
  assert.deepEqual([line.level, line['code']], ['warn', 'protocol']);
  await daemon.line((one) => one['channel'] === 'webhook');
  const { text: metrics } = await daemon.get('/metrics');
  assert.equal(series(metrics, 'mothball_report_failures_total{channel="mail"}'), 1);
  assert.equal(await daemon.stop(), 143);
  sink.options.answer = () => null;
  const next = await startDaemon(site);
  await next.line(/^report sent to admin@example\.com/);
  assert.equal(await next.stop(), 143);
  assert.deepEqual([sink.mails.length, calls.length], [1, 1], 'the webhook had it already');
});
