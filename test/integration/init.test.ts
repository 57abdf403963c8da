import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { assertExit, said } from './installation.ts';
import { launcher, mothball } from './mothball.ts';

const user = 'alice@example.com';
let dovecot: Dovecot;
let base: string;

before(async () => {
  dovecot = await startDovecot();
  await seedUser(dovecot, user, [note('old', 900), note('young', 3)]);
  base = await mkdtemp(join(tmpdir(), 'init-'));
});

after(async () => {
  await dovecot.stop();
  await rm(base, { recursive: true, force: true });
});

const server = (): readonly string[] => [
  '--host',
  '127.0.0.1',
  '--port',
  String(dovecot.tlsPort),
  '--ca-file',
  dovecot.caFile,
  '--user',
  user,
];

test('with options and a password from stdin, init tries the login and leaves a set-up that works', async () => {
  const made = await mothball(['init', 'mail', ...server(), '--password-file', '-'], {
    cwd: base,
    input: 'secret\n',
  });
  assertExit(made, 0);
  assert.match(made.stdout, /the login works\nalice@example\.com on main\n/);
  assert.match(made.stdout, /User quota: .* % of 2\.0 GiB/);
  assert.doesNotMatch(said(made), /secret/);
  const directory = join(base, 'mail');
  const password = join(directory, 'alice@example.com.password');
  assert.equal(statSync(password).mode & 0o777, 0o600);
  assert.equal(readFileSync(password, 'utf8'), 'secret\n');
  assert.match(
    readFileSync(join(directory, 'mothball.yaml'), 'utf8'),
    /^# yaml-language-server: \$schema=\.\/mothball\.schema\.json$/m,
  );
  assert.ok(existsSync(join(directory, 'mothball.schema.json')));
  assertExit(await mothball(['validate'], { cwd: directory }), 0);
  const plan = await mothball(['plan'], { cwd: directory });
  assertExit(plan, 0);
  assert.match(plan.stdout, /would archive and delete \(after 7d\) 1 message/);
  const again = await mothball(['init', 'mail', ...server(), '--password-file', '-'], {
    cwd: base,
    input: 'secret\n',
  });
  assertExit(again, 2);
  assert.match(again.stderr, /mothball\.yaml.* already, and init overwrites nothing/);
});

test('a file with the password is named, not copied', async () => {
  await writeFile(join(base, 'pw'), 'secret\n', { mode: 0o600 });
  const made = await mothball(['init', 'named', ...server(), '--password-file', 'pw', '--json'], {
    cwd: base,
  });
  assertExit(made, 0);
  const document: { readonly files: readonly string[]; readonly login: string } = JSON.parse(made.stdout);
  assert.equal(document.login, 'ok');
  assert.deepEqual(
    document.files.filter((name) => name.endsWith('.password')),
    [],
  );
  assertExit(await mothball(['accounts', '--test'], { cwd: join(base, 'named') }), 0);
});

test('when the login fails nothing is written, and no password stays anywhere', async () => {
  const older = readdirSync(tmpdir()).filter((name) => name.startsWith('mothball-init-'));
  const refused = await mothball(['init', 'wrong', ...server(), '--password-file', '-'], {
    cwd: base,
    input: 'not the password\n',
  });
  assertExit(refused, 1);
  assert.ok(!existsSync(join(base, 'wrong')));
  const left = readdirSync(tmpdir()).filter((name) => name.startsWith('mothball-init-'));
  assert.deepEqual(
    left.filter((name) => !older.includes(name)),
    [],
  );
  assertExit(
    await mothball(['init', 'untried', ...server(), '--password-file', '-', '--no-test'], {
      cwd: base,
      input: 'not the password\n',
    }),
    0,
  );
});

test('what is missing or unsafe is refused before anything is asked or sent', async () => {
  for (const [args, message] of [
    [['--host', 'imap.example.com'], /needs --host, --user and --password-file together/],
    [[...server(), '--password-file', '-', '--port', '0'], /--port takes a number from 1 to 65535/],
    [['--host', 'imap.example.com', '--user', 'a', '--password-file', '-', '--tls', 'none'], /in the clear/],
  ] as const) {
    const refused = await mothball(['init', 'bad', ...args], { cwd: base, input: 'x' });
    assertExit(refused, 2);
    assert.match(refused.stderr, message);
    assert.ok(!existsSync(join(base, 'bad')));
  }
  const empty = await mothball(['init', 'bad', ...server(), '--password-file', '-'], {
    cwd: base,
    input: '',
  });
  assertExit(empty, 2);
});

test('names that YAML would misread are quoted, and no name makes a path', async () => {
  const args = ['--host', '127.0.0.1', '--user', '../no: [x]', '--password-file', '-', '--no-test'];
  assertExit(await mothball(['init', 'odd', ...args], { cwd: base, input: 'secret' }), 0);
  const listed = await mothball(['accounts', '--json'], { cwd: join(base, 'odd') });
  assertExit(listed, 0);
  assert.match(listed.stdout, /"account": "\.\.\/no: \[x\]"/);
  assert.deepEqual(
    readdirSync(join(base, 'odd')).filter((name) => name.endsWith('.password')),
    ['_._no___x_.password'],
  );
});

test('on a terminal init asks, hides the password, and asks again when the login fails', async () => {
  // A terminal of its own: `script` makes one.
  const args = ['init', 'asked', '--port', String(dovecot.tlsPort), '--ca-file', dovecot.caFile];
  const line = [process.execPath, launcher, ...args].map((part) => `'${part}'`).join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: base,
    env: { PATH: process.env['PATH'] ?? '', HOME: base, NO_COLOR: '1', TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let seen = '';
  const steps: readonly (readonly [RegExp, string])[] = [
    [/IMAP server, like .*: $/, '127.0.0.1'],
    [/TLS: .*\[implicit\]: $/, ''],
    [/User, .*: $/, user],
    [/Password \(is not shown\): $/, 'a-wrong-one'],
    [/try again\? \[y\/N\] $/, 'y'],
    [/IMAP server, .* \[127\.0\.0\.1\]: $/, ''],
    [/TLS: .*: $/, ''],
    [/User, .* \[alice@example\.com\]: $/, ''],
    [/Password \(is not shown\): $/, 'secret'],
  ];
  let at = 0;
  let from = 0;
  child.stdout.on('data', (data: Buffer) => {
    seen += data.toString();
    const [pattern, answer] = steps[at] ?? [];
    // readline moves the cursor after its prompt.
    // eslint-disable-next-line no-control-regex
    const shown = seen.slice(from).replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
    if (pattern?.test(shown) !== true) return;
    from = seen.length;
    at += 1;
    child.stdin.write(`${answer ?? ''}\r`);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(code, 0, seen);
  assert.equal(at, steps.length, seen);
  assert.doesNotMatch(seen, /a-wrong-one|secret/);
  assert.match(seen, /error: /);
  assert.match(seen, /the login works/);
  assert.equal(readFileSync(join(base, 'asked', 'alice@example.com.password'), 'utf8'), 'secret\n');
});
