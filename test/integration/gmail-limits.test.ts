import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { afterDowntime, startDaemon, until } from './daemon.ts';
import { gmailWorld, type GmailWorld, held, mail } from './gmail-site.ts';
import { assertExit, policy, said } from './installation.ts';

const hourMs = 3600 * 1000;

function later(ms: number) {
  return { clock: { now: () => new Date(Date.now() + ms) } };
}

const messages = [mail('one', ['\\Inbox']), mail('two', ['Work'])];

interface Status {
  readonly held: {
    readonly paused: readonly { readonly account: string; readonly reason: string; readonly until: string }[];
    readonly runs: readonly unknown[];
  };
}

/** Minutes until the account may be used again. */
async function pausedFor({ site }: GmailWorld): Promise<number> {
  const { held: status } = await site.json<Status>(['status']);
  const [pause, more] = status.paused;
  assert.ok(pause !== undefined && more === undefined);
  assert.deepEqual(status.runs, [], 'a pause is no failed run');
  return Math.round((Date.parse(pause.until) - Date.now()) / 60_000);
}

async function metric({ site }: GmailWorld, name: string): Promise<string | undefined> {
  const text = await readFile(join(site.dir, 'metrics.txt'), 'utf8');
  return text.split('\n').find((line) => line.startsWith(name));
}

const exhausted = 'NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)';

for (const [what, refusal] of [
  ['[OVERQUOTA]', exhausted],
  ['bandwidth limits in words', 'NO [ALERT] Account exceeded command or bandwidth limits. (Failure)'],
  ['BYE with bandwidth limits', 'BYE Account exceeded command or bandwidth limits. 12mb43'],
] as const) {
  test(`${what} in a FETCH of bodies pauses the account for an hour, and the run goes on after it`, async (t) => {
    const world = await gmailWorld(t, messages);
    const before = held(world);
    world.gmail.refuse = (command, args) =>
      command === 'UID FETCH' && args.includes('BODY.PEEK[]') ? refusal : null;
    const stopped = await world.site.run(['run', '--yes', '--metrics-file', 'metrics.txt']);
    assertExit(stopped, 3);
    assert.match(
      stopped.stderr,
      /alice is paused until .* UTC: the server says ".*exceeded command or bandwidth limits/,
    );
    assert.equal(
      await metric(world, 'mothball_accounts_paused{'),
      'mothball_accounts_paused{server="main"} 1',
    );
    assert.equal(await pausedFor(world), 60);
    assert.match(said(await world.site.run(['status'])), /alice on main: paused until/);

    world.gmail.refuse = () => null;
    const { connections } = world.gmail;
    assertExit(await world.site.run(['run', '--yes']), 3);
    assert.equal(world.gmail.connections, connections, 'while it is paused nobody logs in');
    assert.deepEqual(held(world), before);
    assertExit(await world.site.run(['run', '--yes'], later(hourMs + 60_000)), 0);
    assert.deepEqual(held(world), []);
    assert.equal(world.site.archives().flatMap((archive) => archive.messages).length, 2);
    const { held: status } = await world.site.json<Status>(['status']);
    assert.deepEqual(status.paused, []);
  });
}

test('each refusal in a row doubles the pause', async (t) => {
  const world = await gmailWorld(t, messages);
  world.gmail.refuse = (command) => (command === 'EXAMINE' ? exhausted : null);
  assertExit(await world.site.run(['run', '--yes']), 3);
  assert.equal(await pausedFor(world), 60);
  assertExit(await world.site.run(['run', '--yes'], later(hourMs + 60_000)), 3);
  assert.equal(await pausedFor(world), 60 + 1 + 120);
});

test('a limit that is reached between MOVE and the removal from Trash loses nothing', async (t) => {
  const world = await gmailWorld(t, messages);
  world.gmail.refuse = (command) => (command === 'UID EXPUNGE' ? exhausted : null);
  assertExit(await world.site.run(['run', '--yes']), 3);
  assert.equal(world.site.archives().flatMap((archive) => archive.messages).length, 2);
  world.gmail.refuse = () => null;
  assertExit(await world.site.run(['run', '--yes'], later(hourMs + 60_000)), 0);
  assert.deepEqual(held(world), []);
});

test('too many simultaneous connections pause the account for a quarter of an hour', async (t) => {
  const world = await gmailWorld(t, messages);
  await world.site.configure({ server: { port: world.gmail.port, connectAttempts: 1 } });
  world.gmail.refuse = (command) =>
    /^(?:LOGIN|AUTHENTICATE)$/.test(command)
      ? 'NO [ALERT] Too many simultaneous connections. (Failure)'
      : null;
  const result = await world.site.run(['run', '--yes']);
  assertExit(result, 3);
  assert.match(result.stderr, /Too many simultaneous connections/);
  assert.equal(await pausedFor(world), 15);
});

for (const [key, limit] of [
  ['maxBytesPerDay', '2KiB'],
  ['maxCommandsPerDay', 100],
] as const) {
  test(`the account is left alone for the rest of a day once it used its ${key}`, async (t) => {
    const world = await gmailWorld(t, []);
    await world.site.configure({ server: { port: world.gmail.port, [key]: limit } });
    let runs = 0;
    let code: number | null = 0;
    for (; runs < 20 && code === 0; runs += 1) code = (await world.site.run(['run', '--yes'])).code;
    assert.equal(code, 3);
    assert.ok(runs > 1, 'the first run fits');
    const minutes = await pausedFor(world);
    assert.ok(minutes > 23 * 60 && minutes <= 25 * 60, `${minutes} minutes`);
    assertExit(await world.site.run(['run', '--yes'], later(26 * hourMs)), 0);
  });
}

test('OVERQUOTA at a restore says that the mailbox is full, and pauses nothing', async (t) => {
  const world = await gmailWorld(t, messages);
  assertExit(await world.site.run(['run', '--yes']), 0);
  world.gmail.refuse = (command) =>
    command === 'APPEND' ? 'NO [OVERQUOTA] Account is over quota (Failure)' : null;
  const result = await world.site.run(['restore', '--all', '--yes']);
  assert.match(said(result), /mailbox is full/);
  const { held: status } = await world.site.json<Status>(['status']);
  assert.deepEqual(status.paused, []);
});

test('a daemon leaves a paused account alone, and shows it on its page and in its metrics', async (t) => {
  const extra = { http: { listen: '127.0.0.1:0' }, daemon: { jitter: '1s' } };
  const world = await gmailWorld(t, messages, [policy('old', 365, { schedule: '0 0 1 * *' })], { extra });
  world.gmail.refuse = (command) => (command === 'EXAMINE' ? exhausted : null);
  assertExit(await world.site.run(['run', '--yes']), 3);
  world.gmail.refuse = () => null;
  await afterDowntime(world.site, 24 * 40);
  const { connections } = world.gmail;
  const daemon = await startDaemon(world.site);
  t.after(() => daemon.stop());
  await until(async () => {
    const { text } = await daemon.get('/metrics');
    return text.includes('mothball_accounts_paused{server="main"} 1');
  });
  const postponed = async (): Promise<readonly { readonly reason: string }[]> =>
    (await world.site.json<{ held: { postponed: { reason: string }[] } }>(['status'])).held.postponed;
  await until(async () => (await postponed()).some(({ reason }) => reason.startsWith('paused until')));
  const { text } = await daemon.get('/');
  assert.match(text.replaceAll(/\s+/g, ' '), /alice.*: paused until .*because of the limits of the server/);
  assert.equal(world.gmail.connections, connections);
  assert.equal(await daemon.stop(), 143);
});
