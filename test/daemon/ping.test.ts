import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { sendPing } from '../../src/daemon/ping.ts';
import { RunTally } from '../../src/daemon/run-tally.ts';
import { alice, bob, dawn, report } from '../metrics/samples.ts';

interface Call {
  readonly line: string;
  readonly body: string;
}

/** A server that answers with these codes in turn, and what it was sent. */
async function listen(t: TestContext, codes: readonly number[]) {
  const calls: Call[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      calls.push({ line: `${request.method} ${request.url}`, body });
      const code = codes[Math.min(calls.length, codes.length) - 1] ?? 200;
      response.writeHead(code, code === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : null;
  return { calls, url: (path: string): string => `http://127.0.0.1:${port}${path}` };
}

const signal = new AbortController().signal;

test('a ping goes to the address of its result: POST with a short JSON body, GET with none', async (t) => {
  const { calls, url } = await listen(t, [200]);
  const log = { warn: (line: string) => assert.fail(line) };
  const onRun = {
    success: url('/ok'),
    failure: url('/fail?title=Mothball&message=A+run+failed'),
    method: 'POST',
  } as const;
  await sendPing({ onRun, result: 'success', body: { policy: 'old' } }, { log, signal });
  await sendPing({ onRun: { ...onRun, method: 'GET' }, result: 'failure', body: {} }, { log, signal });
  await sendPing({ onRun: { ...onRun, failure: null }, result: 'failure', body: {} }, { log, signal });
  assert.deepEqual(
    calls.map(({ line }) => line),
    ['POST /ok', 'GET /fail?title=Mothball&message=A+run+failed'],
  );
  assert.deepEqual(JSON.parse(calls[0]?.body ?? ''), { result: 'success', policy: 'old' });
  assert.equal(calls[1]?.body, '');
});

test('a ping that fails is tried again; one that never succeeds is logged without its path', async (t) => {
  const lines: string[] = [];
  const log = { warn: (line: string) => void lines.push(line) };
  const passing = await listen(t, [500, 200]);
  const once = { success: passing.url('/secret'), failure: null, method: 'POST' } as const;
  await sendPing({ onRun: once, result: 'success', body: {} }, { log, signal });
  assert.equal(passing.calls.length, 2);
  assert.deepEqual(lines, []);
  const broken = await listen(t, [302]);
  const never = { success: broken.url('/secret'), failure: null, method: 'POST' } as const;
  await sendPing({ onRun: never, result: 'success', body: {} }, { log, signal });
  assert.equal(broken.calls.length, 3, 'a redirect is not followed');
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines.join(), /secret/);
});

test('a policy sends one ping for all of its accounts, and one failure makes it a failure', () => {
  const onRun = { success: 'https://hc.example.com/1', failure: null, method: 'POST' } as const;
  const policies = [{ name: 'old', onRun }, { name: 'quiet' }];
  const tally = new RunTally();
  tally.add(policies, report({ ...alice }));
  tally.add(policies, report({ ...bob, errors: [{ code: 'auth', message: 'no' }] }));
  tally.add(policies, report({ ...bob, errors: [{ code: 'interrupted', message: 'SIGTERM' }] }));
  tally.add(policies, report({ policy: 'quiet' }));
  const [ping, ...others] = tally.take(dawn);
  assert.deepEqual(others, []);
  assert.equal(ping?.result, 'failure');
  assert.deepEqual([ping?.body['accounts'], ping?.body['failed']], [2, 1]);
  assert.deepEqual(tally.take(dawn), []);
});
