/** A restore or import to another kind of server that is killed, and repeated: nothing is lost, nothing is there twice. */
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { mailbox } from '../corpus/mailbox.ts';
import { inFull } from '../full.ts';
import { assertExit, describe, makeSite, policy, type Site } from '../integration/installation.ts';
import { assertSameMail } from '../oracle/nothing-lost.ts';
import { type Snapshot, snapshot } from '../oracle/snapshot.ts';
import { type Courier, startCourier } from '../servers/courier.ts';
import { type Cyrus, startCyrus } from '../servers/cyrus.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';

const host = '127.0.0.1' as const;
/** More than any restore here has fail points. */
const targets = Array.from({ length: 40 }, (_, number) => `target${number}`);
const folders = ['INBOX', 'Work/2020', 'Sent'];
let dovecot: Dovecot;
let courier: Courier;
let cyrus: Cyrus;
let site: Site;
let full: Snapshot;

before(async () => {
  [dovecot, courier, cyrus] = await Promise.all([
    startDovecot(),
    startCourier(),
    startCyrus({ users: targets }),
  ]);
  await seedByAppend(
    dovecot,
    'ann',
    mailbox({ seed: 9, count: 9, folders, ages: { from: 40, to: 900 }, meanSize: 2_000 }),
  );
  full = await snapshot(dovecot, 'ann');
  const server = (port: number): object => ({ host, tls: 'none', port });
  const password = { passwordFile: './password' };
  site = await makeSite({
    server: { port: dovecot.port },
    policies: [
      policy('old', 30, { match: { any: [{ olderThan: '30d' }, { flag: 'flagged' }, { flag: 'draft' }] } }),
    ],
    accounts: [
      { users: ['ann'], server: 'main', ...password },
      { users: targets, server: 'courier', ...password },
      { users: targets, server: 'cyrus', ...password },
    ],
    extra: {
      servers: { main: server(dovecot.port), courier: server(courier.port), cyrus: server(cyrus.port) },
    },
  });
  assertExit(await site.run(['run', '--yes', '--account', 'ann']), 0);
  assert.deepEqual((await snapshot(dovecot, 'ann')).messages, []);
});
after(async () => {
  await Promise.all([dovecot.stop(), courier.stop(), cyrus.stop()]);
  await site.remove();
});

/** Those that `npm test` tries, the first of each: a message is there and not recorded, recorded and not compared. */
const sampled: readonly string[] = ['before append record', 'after restore record'];

/** The numbers of the fail points to die at. */
async function points(args: readonly string[]): Promise<readonly (readonly [at: number, name: string])[]> {
  const log = join(site.dir, 'points');
  assertExit(await site.runProcess(args, { env: { MOTHBALL_FAILPOINT_LOG: log } }), 0);
  const names = (await readFile(log, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\d+ /, ''));
  await rm(log);
  const all = names.map((name, index) => [index + 1, name] as const);
  return inFull ? all : all.filter(([at, name]) => sampled.includes(name) && names.indexOf(name) === at - 1);
}

/** Kills the command at each point, each time with another target, and repeats it twice. */
async function killAtEach(
  args: (target: string) => readonly string[],
  check: (target: string) => Promise<void>,
): Promise<void> {
  const [first = '', ...rest] = targets;
  const hits = await points(args(first));
  await check(first);
  assert.ok(hits.length >= sampled.length, 'fail points of their names');
  assert.ok(hits.length <= rest.length, `${hits.length} fail points`);
  for (const [index, [at, name]] of hits.entries()) {
    const target = rest[index] ?? '';
    const killed = await site.runProcess(args(target), { env: { MOTHBALL_FAILPOINT: String(at) } });
    assert.equal(killed.signal, 'SIGKILL', `${name}: ${describe(killed)}`);
    for (const time of ['first', 'second']) {
      const again = await site.run(args(target));
      assert.equal(again.code, 0, `${time} repetition after ${name}: ${describe(again)}`);
      await check(target);
    }
  }
}

const dotted = (folder: string): string =>
  folder === 'INBOX' ? folder : `INBOX.${folder.replaceAll('/', '.')}`;

for (const name of ['courier', 'cyrus'] as const) {
  test(`a restore of Dovecot's mail to ${name} that is killed at any step is completed by the next one`, async () => {
    const server = { host, port: name === 'courier' ? courier.port : cyrus.port };
    const there = { ...full, messages: full.messages.map((one) => ({ ...one, folder: dotted(one.folder) })) };
    await killAtEach(
      (target) => [
        'restore',
        '--all',
        '--account',
        'ann',
        '--to-account',
        target,
        '--to-server',
        name,
        '--yes',
      ],
      async (target) => assertSameMail(there, await snapshot(server, target)),
    );
  });
}

test('an import onto a server that is killed at any step is completed by the next one', async (t: TestContext) => {
  const path = join(site.dir, 'old.mbox');
  t.after(() => rm(path));
  const subjects = ['one', 'two', 'three'];
  const stored = subjects.map(
    (subject) => `From a@b Thu Jan  1 00:00:00 2015\nSubject: ${subject}\n\ntext\n`,
  );
  await writeFile(path, stored.join('\n'));
  await site.configure({ accounts: [{ users: targets, server: 'main', passwordFile: './password' }] });
  await killAtEach(
    (target) => ['import', path, '--account', target, '--folder', 'Old', '--to-server', '--yes'],
    async (target) => {
      const { messages } = await snapshot(dovecot, target);
      const found = messages.map(({ folder, subject }) => `${folder} ${subject}`);
      assert.deepEqual(found.toSorted(), subjects.map((subject) => `Old ${subject}`).toSorted());
    },
  );
});
