import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { SearchDocument } from './documents.ts';
import { assertExit, makeSite, policy, type Site } from './installation.ts';

const user = 'alice@example.com';
let dovecot: Dovecot;
let site: Site;

before(async () => {
  dovecot = await startDovecot();
  await seedUser(dovecot, user, [
    note('large', 900, { size: 3_000_000 }),
    note('old', 800),
    note('young', 3),
  ]);
  site = await makeSite({ server: { port: dovecot.port }, users: [user], policies: [policy('old', 365)] });
  assertExit(await site.run(['run', '--yes']), 0);
  await seedUser(dovecot, user, [note('comes later', 700)]);
});

after(async () => {
  await site.remove();
  await dovecot.stop();
});

test('by the launcher each command prints what it prints in the process of a test, and ends with its exit code', async () => {
  const kinds = [
    ['--version', 0],
    ['--help', 0],
    ['plan --help', 0],
    ['pln', 2],
    ['plan nosuch', 2],
    ['validate', 0],
    ['accounts --test', 0],
    ['plan --quiet --exit-code', 20],
    ['archives --json', 0],
    ['search large', 0],
    ['show 0123456789ab/0', 1],
    ['verify --quiet', 0],
    ['holds', 0],
    ['status --config nosuch.yaml', 2],
    ['schema', 0],
    ['completion bash', 0],
  ] as const;
  for (const [line, code] of kinds) {
    const args = line.split(' ');
    const here = await site.run(args);
    assertExit(here, code);
    assert.deepEqual(await site.runProcess(args), here, line);
  }
});

test('a pipe gets the whole of a large message before the process ends', async () => {
  const { messages } = await site.json<SearchDocument>(['search', 'subject:large']);
  const show = ['show', messages[0]?.id ?? assert.fail()];
  const { stdout } = await site.runProcess(show);
  assert.ok(stdout.length > 3_000_000);
  assert.equal(stdout, (await site.run(show)).stdout);
});

test('a command leaves nothing open, and nothing that listens to the process', async () => {
  const state = () => ({
    resources: process.getActiveResourcesInfo().toSorted(),
    listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
  });
  // What is being closed takes a moment; what is left open stays.
  const settled = async (): Promise<ReturnType<typeof state>> => {
    const closing = (): boolean => state().resources.some((name) => !name.startsWith('Pipe'));
    for (let tries = 0; tries < 100 && closing(); tries += 1) await sleep(20);
    return state();
  };
  const first = await settled();
  for (const line of [
    'plan',
    'run --yes',
    'verify',
    'quota',
    'accounts --test',
    'restore --all --yes',
    'plan nosuch',
  ])
    await site.run(line.split(' '));
  assert.deepEqual(await settled(), first);
});
