import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, describe, makeSite, policy, said } from '../integration/installation.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type ProxiedCommand, startProxy } from './imap-proxy.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const mail = [note('one', 500), note('two', 600), note('young', 3)];
const timeouts = { commandTimeout: '1s', connectTimeout: '1s', connectAttempts: 1 };
/** Far beyond the deadlines of one run, far below a wait for TCP or for the usual two minutes. */
const patienceMs = 20_000;

const silences: readonly {
  readonly name: string;
  readonly swallow: (command: ProxiedCommand) => boolean;
  /** How often a line falls silent so. */
  readonly times: number;
}[] = [
  {
    name: 'FETCH of bodies',
    swallow: ({ name, rest }) => name === 'UID FETCH' && rest.includes('BODY.PEEK[])'),
    times: 1,
  },
  { name: 'STORE', swallow: ({ name }) => name === 'UID STORE', times: Infinity },
  { name: 'EXPUNGE', swallow: ({ name }) => name === 'UID EXPUNGE', times: 1 },
];

for (const [index, { name, swallow, times }] of silences.entries()) {
  const often = times === 1 ? 'once' : 'each time';
  test(`a line that is open but silent from ${name} on, ${often}, ends at its own deadline`, async (t) => {
    const user = `silent${index}@example.com`;
    await seedUser(dovecot, user, mail);
    const full = await snapshot(dovecot, user);
    const old = full.messages.filter(({ subject }) => subject !== 'young');
    const dead = new Set<number>();
    const proxy = await startProxy(dovecot, {
      onCommand(command) {
        if (swallow(command) && dead.size < times) dead.add(command.connection);
        return dead.has(command.connection) ? 'swallow' : 'pass';
      },
    });
    t.after(() => proxy.stop());
    const site = await makeSite({
      server: { port: proxy.port, ...timeouts },
      users: [user],
      policies: [policy('old', 365)],
    });
    t.after(() => site.remove());
    const started = performance.now();
    const run = await site.run(['run', '--yes']);
    assert.ok(performance.now() - started < patienceMs, describe(run));
    assert.ok(dead.size > 0);
    if (times > 1) {
      assert.ok(run.code === 1 || run.code === 3, describe(run));
      assert.match(said(run), /no answer|silent|timed? ?out/i, describe(run));
      assert.deepEqual(await snapshot(dovecot, user), full);
      proxy.rules = {};
      assertExit(await site.run(['run', '--yes']), 0);
    } else assertExit(run, 0);
    assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), old);
  });
}

test('a server that never greets ends the run at the deadline for connecting', async (t) => {
  const mute = createServer((socket) => void socket.on('error', () => {}));
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  t.after(() => mute.close());
  const address = mute.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const site = await makeSite({
    server: { port: address.port, ...timeouts },
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const started = performance.now();
  const run = await site.run(['run', '--yes']);
  assert.ok(performance.now() - started < patienceMs);
  assertExit(run, 1);
  assert.match(said(run), /alice/);
});
