import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import { openDeliveries } from '../../src/delivery/open-deliveries.ts';
import { isError } from '../../src/errors.ts';

interface Call {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const signal = new AbortController().signal;
const message = { id: 'report-1', subject: '', text: '', html: '', json: { schema: 'mothball/report/v1' } };

type Format = NonNullable<Parameters<typeof openDeliveries>[0]>['webhook'];

async function hook(t: TestContext, status: number, format: NonNullable<Format>['format'] = 'json') {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/hooks/secret-path`;
  const [delivery] = openDeliveries({
    schedule: '0 7 * * *',
    timezone: 'UTC',
    fullWithin: { count: 14, unit: 'd' },
    mail: null,
    webhook: { url, token: Secret.fromText('token-4711', 'the test'), format },
  });
  assert.ok(delivery);
  return { calls, delivery };
}

test('the report is one POST of JSON with the token', async (t) => {
  const { calls, delivery } = await hook(t, 204);
  assert.equal(await delivery.send(message, signal), null);
  const [call, ...others] = calls;
  assert.deepEqual(others, []);
  assert.equal(call?.line, 'POST /hooks/secret-path');
  assert.equal(call?.headers.authorization, 'Bearer token-4711');
  assert.equal(call?.headers['idempotency-key'], 'report-1');
  assert.deepEqual(JSON.parse(call?.body ?? ''), message.json);
});

for (const [status, code] of [
  [302, 'protocol'],
  [401, 'auth'],
  [500, 'protocol'],
] as const) {
  test(`status ${status} is a failure that shows neither the token nor the path, and no redirect is followed`, async (t) => {
    const { calls, delivery } = await hook(t, status);
    const error = await delivery.send(message, signal).then(
      () => assert.fail('it was sent'),
      (found: unknown) => found,
    );
    assert.ok(isError(error, code));
    assert.match(error.message, new RegExp(`status ${status}`));
    assert.doesNotMatch(`${error.stack} ${delivery.to}`, /token-4711|secret-path/);
    assert.equal(calls.length, 1);
  });
}

test('a webhook that is not there is a failure that may pass', async (t) => {
  const { delivery } = await hook(t, 200);
  const gone = new AbortController();
  gone.abort();
  await assert.rejects(delivery.send(message, gone.signal), (error) => isError(error, 'connect'));
});

const long = `First line, with a <!channel> and three \`\`\` of a server\n${'An account that is full & more\n'.repeat(400)}`;

test('as text the report has its subject as title and is cut after a whole line, as ntfy takes it', async (t) => {
  const { calls, delivery } = await hook(t, 200, 'text');
  await delivery.send({ ...message, subject: 'Mothball: 1 fäiled', text: 'Short ü\n' }, signal);
  await delivery.send({ ...message, subject: 'Mothball: 1 failed', text: long }, signal);
  const [short, cut] = calls;
  assert.equal(short?.body, 'Short ü\n');
  assert.equal(short?.headers['title'], 'Mothball: 1 f?iled');
  assert.equal(short?.headers['content-type'], 'text/plain; charset=utf-8');
  assert.equal(short?.headers.authorization, 'Bearer token-4711');
  assert.ok(Buffer.byteLength(cut?.body ?? '') <= 4000);
  assert.match(cut?.body ?? '', /full & more\n… `mothball report` shows all of it\.\n$/);
});

test('for a chat the report is one text in which no server can mention anybody', async (t) => {
  const { calls, delivery } = await hook(t, 200, 'chat');
  await delivery.send({ ...message, subject: 'Mothball: 1 failed', text: long }, signal);
  const { text: said, ...rest } = JSON.parse(calls[0]?.body ?? '');
  assert.deepEqual(rest, {});
  assert.match(
    said,
    /^Mothball: 1 failed\n```\nFirst line, with a &lt;!channel&gt; and three ''' of a server\n/,
  );
  assert.match(said, /full &amp; more\n… 'mothball report' shows all of it\.\n```$/);
  assert.equal(said.match(/```/g)?.length, 2);
  assert.ok(said.length < 2400);
});
