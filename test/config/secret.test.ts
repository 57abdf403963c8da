import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { format, inspect } from 'node:util';
import { firstLineOf } from '../../src/config/secret-command.ts';
import { Secret } from '../../src/config/secret.ts';
import { MothballError } from '../../src/errors.ts';
import { directoryWith } from './files.ts';

const sources = { env: process.env, cwd: '/' };

test('a file is read less one line end', async (t) => {
  const directory = await directoryWith(t, { unix: 'hunter2\n', dos: 'hunter2\r\n', bare: ' hunter2 ' });
  assert.equal(await Secret.fromFile(join(directory, 'unix')).read(), 'hunter2');
  assert.equal(await Secret.fromFile(join(directory, 'dos')).read(), 'hunter2');
  assert.equal(await Secret.fromFile(join(directory, 'bare')).read(), ' hunter2 ');
});

test('a file is read anew each time, through a link as Kubernetes mounts it', async (t) => {
  const directory = await directoryWith(t, { one: '1', two: '2' });
  await symlink('one', join(directory, 'link'));
  assert.equal(await Secret.fromFile(join(directory, 'link')).read(), '1');
});

test('a file that the group can read passes, one that the world can read fails', async (t) => {
  const directory = await directoryWith(t, { pw: 'hunter2' });
  const secret = Secret.fromFile(join(directory, 'pw'));
  await chmod(join(directory, 'pw'), 0o640);
  assert.equal(await secret.check(), null);
  await chmod(join(directory, 'pw'), 0o604);
  assert.match((await secret.check()) ?? '', /pw can be read by everyone\. Run chmod o-rwx/);
});

test('a file that the world can read passes on a mount that nobody can change, as Docker and CSI drivers make it', async (t) => {
  const directory = await directoryWith(t, { pw: 'hunter2' });
  await chmod(join(directory, 'pw'), 0o644);
  const secret = new URL('../../src/config/secret.ts', import.meta.url).href;
  const program = `
    const { Secret } = await import(${JSON.stringify(secret)});
    console.log(await Secret.fromFile(process.argv[1]).check());`;
  const check = (...mount: readonly string[]): string =>
    execFileSync(
      'unshare',
      // A mount namespace of its own: the mount ends with the process.
      [
        '-rm',
        'sh',
        '-c',
        [...mount, 'exec "$0" --input-type=module -e "$2" "$1/pw"'].join(' && '),
        process.execPath,
        directory,
        program,
      ],
      { encoding: 'utf8' },
    ).trim();
  assert.match(check(), /can be read by everyone/);
  assert.equal(check('mount --bind "$1" "$1"', 'mount -o remount,bind,ro "$1"'), 'null');
  assert.equal(
    check('mkdir -p /run/secrets', 'mount --bind "$1" /run/secrets', 'set -- /run/secrets "$2"'),
    'null',
  );
});

test('a file that is missing, empty, a directory, a pipe or of several lines is refused', async (t) => {
  const directory = await directoryWith(t, {
    empty: '\n',
    lines: 'hunter2\nhunter3\n',
    big: 'x'.repeat(70_000),
  });
  execFileSync('mkfifo', ['-m', '600', join(directory, 'pipe')]);
  const table: readonly (readonly [string, RegExp])[] = [
    ['none', /none does not exist\. Create it/],
    ['empty', /is empty/],
    ['.', /is not a regular file/],
    ['pipe', /is not a regular file/],
    ['lines', /more than one line/],
    ['big', /larger than 65536 bytes/],
  ];
  for (const [name, fault] of table) {
    const message = (await Secret.fromFile(join(directory, name)).check()) ?? '';
    assert.match(message, fault);
    assert.doesNotMatch(message, /hunter/);
  }
});

test('an environment variable must be set and not empty', async () => {
  assert.equal(await Secret.fromEnv('PW', { PW: 'hunter2' }).read(), 'hunter2');
  assert.match((await Secret.fromEnv('PW', {}).check()) ?? '', /environment variable PW is not set/);
  assert.match((await Secret.fromEnv('PW', { PW: '' }).check()) ?? '', /PW is empty/);
});

test('a command gives its first line, by a shell only when it is one text', async () => {
  assert.equal(
    await Secret.fromCommand('printf "%s\\n" hunter2 more; echo no >&2', sources).read(),
    'hunter2',
  );
  assert.equal(await Secret.fromCommand(['echo', '$HOME; a b'], sources).read(), '$HOME; a b');
  assert.equal(await Secret.fromCommand(['/does/not/exist'], sources).check(), null, 'check runs no command');
});

test('a command runs where the program was called, with the environment that it was given', async (t) => {
  const directory = await realpath(await directoryWith(t, {}));
  const asked = { env: { WORD: 'hunter2' }, cwd: directory };
  assert.equal(await Secret.fromCommand('echo "$WORD in $PWD"', asked).read(), `hunter2 in ${directory}`);
});

test('a command that fails is told without its words or output', async () => {
  for (const command of [
    'echo hunter2; exit 3',
    'kill -9 $$ # hunter2',
    ['/does/not/exist', 'hunter2'],
    ['true', 'hunter2'],
  ]) {
    await assert.rejects(Secret.fromCommand(command, sources).read(), (error) => {
      assert.ok(error instanceof MothballError);
      assert.match(error.message, /the secret command (ended with|could not be started|is empty)/);
      return !error.message.includes('hunter2');
    });
  }
  await assert.rejects(Secret.fromCommand('yes hunter2', sources).read(), /printed more than 65536 bytes/);
});

test('a command that does not end is ended with all it started', async () => {
  const started = performance.now();
  await assert.rejects(
    firstLineOf('sleep 30 & sleep 30', sources, { limitMs: 200 }),
    (error) => error instanceof MothballError && error.code === 'timeout' && error.retryable,
  );
  assert.ok(performance.now() - started < 5_000);
});

test('a secret never shows its value or its source, however it is printed', async () => {
  const secret = Secret.fromEnv('PW', { PW: 'hunter2' });
  const shown = [
    String(secret),
    ''.concat(String(secret)),
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { showHidden: true, depth: 9 }),
    format('%s %o %j', secret, secret, secret),
  ];
  for (const text of shown) {
    assert.match(text, /\[secret\]/);
    assert.doesNotMatch(text, /hunter2/);
  }
  assert.deepEqual(Object.keys(secret), []);
});
