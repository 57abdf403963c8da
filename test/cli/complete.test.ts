import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { makeSite, policy, type Site } from '../integration/installation.ts';
import { launcher } from '../integration/mothball.ts';

let site: Site;

before(async () => {
  site = await makeSite({
    server: { port: 1 },
    users: ['alice@example.com', 'albert@example.com', 'bob@example.com'],
    policies: [policy('archive-old', 365), policy('drain', 30)],
  });
});

after(() => site.remove());

async function candidates(...words: readonly string[]): Promise<readonly string[]> {
  const { stdout, code } = await site.run(['__complete', '--', ...words]);
  assert.equal(code, 0);
  return stdout
    .split('\n')
    .flatMap((line) => line.split('\t', 1))
    .filter((word) => word !== '');
}

test('commands, options, choices, shells and what the configuration names are known', async () => {
  assert.deepEqual(await candidates('sta'), ['status']);
  assert.ok((await candidates('')).includes('help'));
  assert.deepEqual(await candidates('help', 'exp'), ['export', 'expire']);
  assert.deepEqual(await candidates('plan', ''), ['archive-old', 'drain']);
  assert.deepEqual(await candidates('run', 'dr'), ['drain']);
  assert.deepEqual(await candidates('quota', '--account', 'al'), ['alice@example.com', 'albert@example.com']);
  assert.deepEqual(await candidates('archives', '--store', ''), ['local']);
  assert.deepEqual(await candidates('archives', '--policy', 'a'), ['archive-old']);
  assert.deepEqual(await candidates('archives', '--state', 'v'), ['verified']);
  assert.deepEqual(await candidates('restore', '--to', 'b'), ['bob@example.com:']);
  assert.deepEqual(await candidates('completion', ''), ['bash', 'zsh', 'fish']);
  assert.deepEqual(await candidates('init', '--tl'), ['--tls']);
  assert.deepEqual(await candidates('--config', 'mothball.yaml', 'run', ''), ['archive-old', 'drain']);
  assert.ok((await candidates('show', '--')).includes('--help'));
  // What a command refuses is not offered.
  for (const command of ['init', 'validate', 'status', 'pause', 'daemon'])
    assert.ok(!(await candidates(command, '--')).includes('--account'), command);
  assert.deepEqual(await candidates('nosuch', ''), []);
});

test('without a configuration completion still knows the commands', async () => {
  const { stdout, code } = await site.run(['__complete', '--', 'plan', ''], {
    env: { MOTHBALL_CONFIG: '/nosuch' },
  });
  assert.deepEqual([stdout, code], ['', 0]);
});

test('bash completes accounts, also in the middle of a name with a colon', async () => {
  const bin = join(site.dir, 'mothball');
  writeFileSync(bin, `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`);
  chmodSync(bin, 0o755);
  const script = (await site.run(['completion', 'bash'])).stdout;
  const complete = (line: string, words: readonly string[]): readonly string[] => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const source = `${script}
COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}
_mothball; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { PATH: `${site.dir}:${process.env['PATH'] ?? ''}`, HOME: site.dir };
    return execFileSync('bash', ['-c', source], { cwd: site.dir, env, encoding: 'utf8' }).trim().split('\n');
  };
  assert.deepEqual(complete('mothball quota --account ali', ['mothball', 'quota', '--account', 'ali']), [
    'alice@example.com',
  ]);
  assert.deepEqual(complete('mothball quota --account=al', ['mothball', 'quota', '--account', '=', 'al']), [
    'alice@example.com',
    'albert@example.com',
  ]);
  assert.equal(complete('mothball quota --account=', ['mothball', 'quota', '--account', '=', '=']).length, 3);
  assert.deepEqual(
    complete('mothball restore --to bob@example.com:', [
      'mothball',
      'restore',
      '--to',
      'bob@example.com',
      ':',
    ]),
    [''],
  );
  assert.deepEqual(complete('mothball run ', ['mothball', 'run', '']), ['archive-old', 'drain']);
  assert.deepEqual(complete('mothball sta', ['mothball', 'sta']), ['status']);
});

test('the scripts of zsh and fish ask the program too', async () => {
  for (const shell of ['zsh', 'fish'])
    assert.match((await site.run(['completion', shell])).stdout, /__complete --/);
  assert.equal((await site.run(['completion', 'tcsh'])).code, 2);
});
