import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { makeSite, policy, type Site } from '../integration/installation.ts';
import { launcher } from '../integration/mothball.ts';
import { shellPackages } from '../servers/shell-packages.ts';
import { libraryPath } from '../servers/unpacked.ts';
import { startZsh } from './terminal-zsh.ts';

const run = promisify(execFile);
const users = ['alice@example.com', 'al:bert@example.com', "o'neil@example.com", 'two words@example.com'];

let site: Site;
let env: Readonly<Record<string, string>>;

before(async () => {
  site = await makeSite({
    server: { port: 1 },
    users,
    policies: [policy('archive-old', 365), policy('drain', 30)],
  });
  const bin = join(site.dir, 'mothball');
  await writeFile(bin, `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`);
  await chmod(bin, 0o755);
  env = { PATH: `${site.dir}:${process.env['PATH'] ?? ''}` };
});

after(() => site.remove());

async function script(shell: string): Promise<string> {
  return (await site.run(['completion', shell])).stdout;
}

test('zsh completes commands, options and names at a terminal, from the first tab on', async () => {
  await using zsh = await startZsh(site.dir, { script: await script('zsh'), env });
  const completed: readonly (readonly [typed: string, line: string])[] = [
    // Here the function is loaded.
    ['mothball sta', 'mothball status '],
    ['mothball --config mothball.yaml run dr', 'mothball --config mothball.yaml run drain '],
    ['mothball plan archive-old ', 'mothball plan archive-old drain '],
    ['mothball quota --account al:', 'mothball quota --account al:bert@example.com '],
    ['mothball quota --account=ali', 'mothball quota --account=alice@example.com '],
    ['mothball quota --account o', "mothball quota --account o\\'neil@example.com "],
    ["mothball quota --account o\\'n", "mothball quota --account o\\'neil@example.com "],
    ['mothball quota --account "tw', 'mothball quota --account "two words@example.com" '],
    // A folder follows.
    ['mothball restore --to ali', 'mothball restore --to alice@example.com:'],
    ['mothball quota --tz Europe/Warsa', 'mothball quota --tz Europe/Warsaw '],
    ['mothball --config moth', 'mothball --config mothball'],
  ];
  for (const [typed, line] of completed) assert.equal((await zsh.tab(typed)).line, line, typed);
});

test('zsh lists what may come with its description, colons and apostrophes included', async () => {
  await using zsh = await startZsh(site.dir, { script: await script('zsh'), env });
  const commands = await zsh.tab('mothball ');
  assert.match(commands.shown, /^completion +-- print a completion script: bash, zsh or fish\s*$/m);
  assert.match(commands.shown, /^expire +-- remove archives past their policy's retain, or with --reason/m);
  const options = await zsh.tab('mothball archives --');
  assert.match(options.shown, /^--tz +-- show times in this zone, .* \(default: \$TZ, else UTC\)/m);
  const accounts = (await zsh.tab('mothball quota --account ')).shown;
  for (const user of users) assert.ok(accounts.includes(user), accounts);
});

test('fish completes the same, and offers files only where nothing else is known', async () => {
  const root = await shellPackages();
  await writeFile(join(site.dir, 'mothball.fish'), await script('fish'));
  const fish = async (line: string): Promise<readonly string[]> => {
    const asked = `source mothball.fish; complete -C ${quoted(line)}`;
    const { stdout } = await run(join(root, 'usr/bin/fish'), ['--no-config', '-c', asked], {
      cwd: site.dir,
      env: { ...env, HOME: site.dir, LD_LIBRARY_PATH: await libraryPath(root) },
    });
    return stdout.trimEnd().split('\n').toSorted();
  };
  const words = async (line: string): Promise<readonly string[]> =>
    (await fish(line)).map((candidate) => candidate.split('\t', 1).join());
  const commands = await fish('mothball ');
  assert.ok(commands.includes('completion\tprint a completion script: bash, zsh or fish'));
  assert.ok(commands.some((line) => line.startsWith("expire\tremove archives past their policy's retain")));
  assert.deepEqual(await words('mothball sta'), ['status']);
  assert.deepEqual(await words('mothball run '), ['archive-old', 'drain']);
  assert.deepEqual(await words('mothball run archive-old '), ['drain']);
  assert.deepEqual(await words('mothball quota --account '), users.toSorted());
  assert.deepEqual(await words("mothball quota --account o\\'n"), ["o'neil@example.com"]);
  assert.deepEqual(await words('mothball quota --account "tw'), ['two words@example.com']);
  assert.deepEqual(await words('mothball quota --account=ali'), ['--account=alice@example.com']);
  assert.deepEqual(await words('mothball restore --to ali'), ['alice@example.com:']);
  assert.deepEqual(await words('mothball archives --store '), ['local']);
  assert.deepEqual(await words('mothball archives --state '), [
    'expired',
    'quarantined',
    'sealed',
    'verified',
  ]);
  assert.ok((await words('mothball quota --config moth')).includes('mothball.yaml'));
});

/** As fish quotes it. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
