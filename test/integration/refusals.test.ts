import assert from 'node:assert/strict';
import { appendFile, chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mailbox, note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { assertExit, describe, makeSite, policy, said, type Site } from './installation.ts';

const user = 'alice@example.com';
let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
  await seedUser(dovecot, user, [note('old', 500), note('young', 3)]);
});

after(() => dovecot.stop());

interface BadInput {
  readonly name: string;
  readonly spoil: (site: Site) => Promise<void>;
  readonly code: number;
  readonly says: RegExp;
}

const edit =
  (file: string, change: (text: string) => string) =>
  async (site: Site): Promise<void> => {
    const path = join(site.dir, file);
    await writeFile(path, change(await readFile(path, 'utf8')));
  };
const position = String.raw`:\d+:\d+`;
const bomb = `bomb: [${Array.from({ length: 12 }, (_, index) => `&a${index} [${index === 0 ? 'x' : `*a${index - 1},`.repeat(9)}]`).join(', ')}]\n`;

const cases: readonly BadInput[] = [
  {
    name: 'an unknown key',
    spoil: edit('policies.yaml', (text) => text.replace('"olderThan"', '"olderThen"')),
    code: 2,
    says: new RegExp(`policies\\.yaml${position}.*olderThan`, 's'),
  },
  {
    name: 'a duplicate key',
    spoil: edit('mothball.yaml', (text) => text.replace('"version": 1,', '"version": 1,\n"version": 1,')),
    code: 2,
    says: new RegExp(`mothball\\.yaml${position}`),
  },
  {
    name: 'a wrong unit',
    spoil: edit('policies.yaml', (text) => text.replace('365d', '12m')),
    code: 2,
    says: new RegExp(`policies\\.yaml${position}.*\\bmo\\b`, 's'),
  },
  {
    name: 'a zero age',
    spoil: edit('policies.yaml', (text) => text.replace('365d', '0d')),
    code: 2,
    says: /policies\.yaml:/,
  },
  {
    name: 'an alias bomb',
    spoil: (site) => writeFile(join(site.dir, 'mothball.yaml'), `version: 1\n${bomb}`),
    code: 2,
    says: /mothball\.yaml/,
  },
  {
    name: 'a merge key',
    spoil: (site) =>
      appendFile(join(site.dir, 'policies.yaml'), '\n# <<\n').then(() =>
        writeFile(
          join(site.dir, 'mothball.yaml'),
          'version: 1\nservers: &s {main: {host: 127.0.0.1}}\nstores: {<<: *s}\n',
        ),
      ),
    code: 2,
    says: /mothball\.yaml/,
  },
  {
    name: '__proto__ as a key',
    spoil: edit('mothball.yaml', (text) =>
      text.replace('"version": 1,', '"version": 1, "__proto__": {"a": 1},'),
    ),
    code: 2,
    says: new RegExp(`mothball\\.yaml${position}`),
  },
  { name: 'a missing secret', spoil: (site) => rm(join(site.dir, 'password')), code: 2, says: /password/ },
  {
    name: 'a world-readable secret',
    spoil: (site) => chmod(join(site.dir, 'password'), 0o644),
    code: 2,
    says: /chmod|readable/,
  },
  {
    name: 'a wrong password',
    spoil: (site) => writeFile(join(site.dir, 'password'), 'canary-7391\n'),
    code: 1,
    says: /alice@example\.com/,
  },
  {
    name: 'a refused connection',
    spoil: edit('mothball.yaml', (text) => text.replace(/"port": \d+/, '"port": 1')),
    code: 1,
    says: /127\.0\.0\.1:1\b|refused|ECONNREFUSED/,
  },
  {
    name: 'a certificate nobody vouches for',
    spoil: edit('mothball.yaml', (text) =>
      text.replace(/"port": \d+/, `"port": ${dovecot.tlsPort}`).replace('"tls": "none"', '"tls": "implicit"'),
    ),
    code: 1,
    says: /certificate/i,
  },
  {
    name: 'plaintext beyond loopback',
    spoil: edit('mothball.yaml', (text) => text.replace('"host": "127.0.0.1"', '"host": "imap.example.com"')),
    code: 2,
    says: new RegExp(`mothball\\.yaml${position}.*insecure`, 's'),
  },
];

for (const { name, spoil, code, says } of cases) {
  test(`${name} is refused with exit ${code}, a clear text, and nothing lost`, async (t) => {
    const site = await makeSite({
      server: { port: dovecot.port },
      users: [user],
      policies: [policy('old', 365)],
    });
    t.after(() => site.remove());
    const full = await snapshot(dovecot, user);
    await spoil(site);
    const run = await site.run(['run', '--yes']);
    assertExit(run, code);
    assert.match(said(run), says, describe(run));
    assert.doesNotMatch(said(run), /canary-7391|\n\s+at .*:\d+:\d+/, 'a secret or a stack trace');
    assert.deepEqual(await snapshot(dovecot, user), full);
  });
}

test('every fault of a configuration is told at once', async (t) => {
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [
      policy('old', 365, { modus: 'enforce' }),
      policy('older', 700, { archive: { to: 'nowhere' } }),
    ],
  });
  t.after(() => site.remove());
  const result = await site.run(['validate']);
  assertExit(result, 2);
  assert.match(said(result), /modus/);
  assert.match(said(result), /nowhere/);
});

test('an unknown policy, folder, command or option is a usage error', async (t) => {
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  for (const args of [
    ['run', 'odd', '--yes'],
    ['plan', 'odd'],
    ['rnu'],
    ['run', '--what'],
    ['restore'],
    ['show', 'nothing/1'],
  ]) {
    const result = await site.run(args);
    assert.ok(
      result.code === 2 || (args[0] === 'show' && result.code === 1),
      `${args.join(' ')}: ${describe(result)}`,
    );
    assert.notEqual(result.stderr, '');
  }
});

test('a second run on a locked account exits 11 and leaves the first one alone', async (t) => {
  const busy = 'busy@example.com';
  await seedUser(dovecot, busy, mailbox({ seed: 3, count: 40, ages: { from: 400, to: 900 }, flags: {} }));
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reached = (): void => {};
  const fetching = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const proxy = await startProxy(dovecot, {
    async onCommand({ name, rest }): Promise<'pass'> {
      if (name !== 'UID FETCH' || !/BODY\.PEEK\[\]/i.test(rest)) return 'pass';
      reached();
      await held;
      return 'pass';
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port },
    users: [busy],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const first = site.run(['run', '--yes']);
  await Promise.race([fetching, first.then((result) => assert.fail(describe(result)))]);
  await sleep(50);
  const second = await site.run(['run', '--yes']);
  release();
  assertExit(second, 11);
  assert.match(said(second), /busy@example\.com/);
  assertExit(await first, 0);
  assert.equal((await snapshot(dovecot, busy)).messages.length, 0);
});
