import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import type { MailReportConfig } from '../../src/config/settings.ts';
import { Secret } from '../../src/config/secret.ts';
import { openDeliveries } from '../../src/delivery/open-deliveries.ts';
import { isError } from '../../src/errors.ts';
import { selfSigned } from '../servers/certificate.ts';
import { type SmtpOptions, startSmtp } from '../servers/smtp.ts';

const password = 'hunter2-ß';
const login = { user: 'mothball', password };
const signal = new AbortController().signal;
const message = {
  id: 'mothball-report-1',
  subject: 'Mothball: 3 failures (2026-11-28)',
  text: 'plain: zażółć\n.\nrest\n',
  html: '<p>html</p>\n',
  json: {},
};
const tls = selfSigned('localhost');
let directory: string;
let caFile: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smtp-'));
  caFile = join(directory, 'ca.pem');
  await writeFile(caFile, tls.cert);
});
after(() => rm(directory, { recursive: true }));

async function sinkAnd(t: TestContext, options: SmtpOptions, changes: Partial<MailReportConfig> = {}) {
  const sink = await startSmtp(options);
  t.after(() => sink.stop());
  const mail: MailReportConfig = {
    to: ['admin@example.com', 'second@example.org'],
    from: 'mothball@example.com',
    host: 'localhost',
    port: sink.port,
    tls: 'starttls',
    caFile,
    login: { user: login.user, password: Secret.fromText(password, 'the test') },
    ...changes,
  };
  const schedule = { schedule: '0 7 * * *', timezone: 'UTC', fullWithin: { count: 14, unit: 'd' as const } };
  const [delivery] = openDeliveries({ ...schedule, mail, webhook: null });
  assert.ok(delivery);
  return { sink, send: () => delivery.send(message, signal) };
}

/** The failure, which must not hold the password in any form, its causes included. */
async function failure(send: () => Promise<unknown>) {
  const error = await send().then(
    () => assert.fail('it was sent'),
    (found: unknown) => found,
  );
  assert.ok(isError(error));
  const all = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
  for (const form of [password, Buffer.from(password).toString('base64'), 'AG1vdGhiYWxs'])
    assert.ok(!all.includes(form), `${form} in ${all}`);
  return error;
}

test('a report goes to all recipients over STARTTLS with a login, in plain text and HTML', async (t) => {
  const { sink, send } = await sinkAnd(t, { tls, login });
  assert.equal(await send(), null);
  const [mail, ...others] = sink.mails;
  assert.deepEqual(others, []);
  assert.deepEqual(
    [mail?.from, mail?.to],
    ['mothball@example.com', ['admin@example.com', 'second@example.org']],
  );
  assert.deepEqual([mail?.encrypted, mail?.login], [true, login]);
  const data = mail?.data ?? '';
  assert.match(data, /^Subject: Mothball: 3 failures \(2026-11-28\)\r$/m);
  assert.match(data, /^Message-ID: <mothball-report-1@example.com>\r$/m);
  assert.match(data, /^Auto-Submitted: auto-generated\r$/m);
  assert.match(data, /multipart\/alternative[^]*text\/plain[^]*plain[^]*text\/html[^]*<p>html<\/p>/);
  const clear = sink.lines.filter(({ encrypted }) => !encrypted).map(({ text }) => text.split(' ')[0]);
  assert.deepEqual(clear, ['EHLO', 'STARTTLS'], 'everything else is encrypted');
});

test('a server without STARTTLS gets neither a login nor the report', async (t) => {
  const { sink, send } = await sinkAnd(t, { login });
  assert.equal((await failure(send)).code, 'connect');
  assert.deepEqual(sink.mails, []);
  assert.ok(sink.lines.every(({ text }) => !/^(?:AUTH|MAIL|DATA)/.test(text)));
});

test('a certificate of another name or an unknown authority ends the connection, whatever the environment says', async (t) => {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  t.after(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);
  const strange = await sinkAnd(t, { tls, login }, { caFile: null });
  const other = await sinkAnd(t, { tls, login }, { host: '127.0.0.1' });
  for (const { sink, send } of [strange, other]) {
    const error = await failure(send);
    assert.equal(error.code, 'connect');
    assert.match(error.message, /no TLS that can be trusted/);
    assert.deepEqual(sink.mails, []);
    assert.ok(sink.lines.every(({ encrypted }) => !encrypted));
  }
});

test('a refused login is reported without what was sent, though the server repeats it', async (t) => {
  const { sink, send } = await sinkAnd(t, { tls, login: { ...login, password: 'another' } });
  const error = await failure(send);
  assert.equal(error.code, 'auth');
  assert.match(error.message, /refused the login \(535\)/);
  assert.deepEqual(sink.mails, []);
});

test('the words of a server that takes no mail are cut and printable', async (t) => {
  const words = `550 no \u001b[31m ${'x'.repeat(400)}`;
  const { send } = await sinkAnd(t, {
    tls,
    login,
    answer: (line) => (line.startsWith('RCPT') ? words : null),
  });
  const error = await failure(send);
  assert.equal(error.code, 'protocol');
  assert.match(error.message, /no \\u\{1b\}/);
  assert.ok(error.message.length < 500);
});

test('a recipient that is refused is named, and the others have the report', async (t) => {
  const answer = (line: string): string | null => (line.includes('second@') ? '550 unknown' : null);
  const { sink, send } = await sinkAnd(t, { tls, login, answer });
  assert.match((await send()) ?? '', /refused these recipients: second@example\.org/);
  assert.deepEqual(sink.mails[0]?.to, ['admin@example.com']);
});

test('on this machine a server without TLS and login takes the report; one that is not there is an error', async (t) => {
  const { sink, send } = await sinkAnd(t, {}, { tls: 'none', caFile: null, login: null });
  assert.equal(await send(), null);
  assert.equal(sink.mails.length, 1);
  await sink.stop();
  assert.equal((await failure(send)).code, 'connect');
});
