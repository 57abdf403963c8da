import assert from 'node:assert/strict';
import test from 'node:test';
import { mothball } from '../integration/mothball.ts';

const cwd = '/';

test('help lists the commands in groups, with examples and exit codes', async () => {
  const { stdout, code } = await mothball(['--help'], { cwd });
  assert.equal(code, 0);
  const groups = ['Setting up:', 'Looking:', 'Archiving and deleting:', 'Archived mail:', 'The daemon:'];
  const places = groups.map((heading) => stdout.indexOf(`\n${heading}\n`));
  assert.ok(
    places.every((place, index) => place > (places[index - 1] ?? 0)),
    stdout,
  );
  assert.match(stdout, /\nExamples:\n {2}\$ mothball quota --over 80%\n/);
  assert.match(stdout, /\nExit codes:\n {2}0 +ok\n[^]* 5 +a safety limit stopped it\n[^]*130\/143/);
  assert.doesNotMatch(stdout, /__complete/);
});

test('the examples of every command are command lines that it understands', async () => {
  const { stdout } = await mothball(['--help'], { cwd });
  const names = stdout.split('\n').flatMap((line) => /^ {2}([a-z][a-z-]*)\b/.exec(line)?.[1] ?? []);
  let examples = 0;
  for (const name of names.filter((one) => one !== 'help')) {
    const help = await mothball([name, '--help'], { cwd });
    for (const [, line = ''] of help.stdout.matchAll(/^ {2}\$ mothball ([^>\n]*)/gm)) {
      examples += 1;
      const args = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
      const result = await mothball([...args, '--help'], { cwd });
      assert.equal(result.code, 0, `${line}: ${result.stderr}`);
      const options = args.filter((arg) => /^--[a-z]/.test(arg));
      for (const option of options) assert.ok(help.stdout.includes(option), `${name} has no ${option}`);
    }
  }
  assert.ok(examples > 20, `${examples}`);
});

test('search explains its query, and only commands that ask have --yes', async () => {
  assert.match(
    (await mothball(['search', '--help'], { cwd })).stdout,
    /since: before: +a day, month or year/,
  );
  assert.match((await mothball(['run', '--help'], { cwd })).stdout, /--yes/);
  assert.doesNotMatch((await mothball(['schema', '--help'], { cwd })).stdout, /--yes/);
});

test('common options may stand before the command or after it; after it wins', async () => {
  for (const args of [
    ['--config', 'nosuch.yaml', 'status'],
    ['status', '--config', 'nosuch.yaml'],
    ['--config', 'other.yaml', 'status', '--config', 'nosuch.yaml'],
    ['--quiet', '--tz', 'UTC', '--no-color', '--config', 'nosuch.yaml', 'quota'],
  ]) {
    const result = await mothball(args, { cwd });
    assert.equal(result.code, 2, args.join(' '));
    assert.match(result.stderr, /nosuch\.yaml/, args.join(' '));
  }
  const refused = await mothball(['--account', 'x', 'status'], { cwd });
  assert.match(refused.stderr, /status does not work on single accounts/);
  assert.match((await mothball(['--tz', 'Nowhere', 'status'], { cwd })).stderr, /--tz takes a time zone/);
});
