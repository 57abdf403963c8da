import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { exit } from '../../src/cli/exit-code.ts';
import { mailbox, note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { launcher, mothball, processEnvironment } from '../integration/mothball.ts';
import { assertSameMail } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { block, blocks, localLinks, optionsNamed, type Page, tableRows } from './readme.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const user = 'alice@example.com';

/** The pages of the manual, and the marked blocks that each has, in order. Tests run all of these. */
const manual: Readonly<Record<Page, readonly string[]>> = {
  'README.md': ['alias', 'start', 'config', 'look', 'act', 'policy', 'back', 'lost'],
  'docs/commands.md': [],
  'docs/restore.md': [],
  'docs/import.md': ['import'],
  'docs/expire.md': ['retain', 'expire'],
  'docs/daemon.md': ['daemon', 'reports', 'stop'],
  'docs/notices.md': ['notify', 'notice'],
  'docs/page.md': ['tokens', 'page', 'restores', 'owners', 'listeners'],
  'docs/limits.md': [],
};
const pages = Object.keys(manual);

/** Runs a block as it stands, in bash; `mothball` starts this checkout's program. */
async function shell(directory: string, name: string, page: Page = 'README.md'): Promise<string> {
  const bin = join(directory, '.bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'mothball'), `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`);
  await chmod(join(bin, 'mothball'), 0o755);
  const child = spawn('bash', ['-euo', 'pipefail', '-c', block(page, name)], {
    cwd: directory,
    env: processEnvironment({ cwd: directory, env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (data) => output.push(data));
  child.stderr.on('data', (data) => output.push(data));
  const code = await new Promise((resolve) => child.once('close', resolve));
  const text = Buffer.concat(output).toString();
  assert.equal(code, 0, `the block "${name}" of ${page} failed:\n${text}`);
  return text;
}

/** The README's configuration with the address of a server that is there. */
function configFor(server: Dovecot): string {
  const here = `{ host: 127.0.0.1, port: ${server.tlsPort}, tls: implicit, caFile: ${server.caFile} }`;
  const config = block('README.md', 'config').replace('{ host: imap.example.com, tls: implicit }', here);
  assert.notEqual(config, block('README.md', 'config'), "the README's configuration has another server");
  // Where the tests' directory is a tmpfs, nothing would be deleted.
  return config.replace('path: ./archive }', 'path: ./archive, ephemeral: true }');
}

test('the alias of the README is the program of this checkout in every directory, and no block asks npx for it', () => {
  const [, alias = ''] = block('README.md', 'alias').trim().split('\n');
  const script = `shopt -s expand_aliases\n${alias}\ncd /\nmothball --version`;
  const { version }: { readonly version: string } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: tmpdir() };
  assert.equal(execFileSync('bash', ['-c', script], { cwd: root, env, encoding: 'utf8' }).trim(), version);
  const everything = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
  for (const page of everything.filter((name) => name.endsWith('.md')))
    for (const { text } of blocks(page)) assert.doesNotMatch(text, /\bnpx\b|npm exec/, page);
});

test('the five minutes of the README work as written, and the commands of the manual after them', async () => {
  const server = await startDovecot();
  const base = await mkdtemp(join(tmpdir(), 'readme-'));
  // The first block makes it.
  const directory = join(base, 'mail');
  try {
    const ada = note('Budget', 1_900, { from: 'Ada Byron <ada@example.org>' });
    const wish = { seed: 7, count: 60, folders: ['INBOX', 'Sent'], user, meanSize: 3_000 };
    await seedUser(server, user, [ada, ...mailbox({ ...wish, flags: { '\\Seen': 50 } })]);
    const before = await snapshot(server, user);

    await shell(base, 'start');
    await writeFile(join(directory, 'mothball.yaml'), configFor(server));
    await writeFile(join(directory, 'alice.password'), 'secret\n', { mode: 0o600 });
    const look = await shell(directory, 'look');
    assert.match(look, /archive-after-2y on alice@example\.com \(plan mode: reports only\)/);
    assertSameMail(before, await snapshot(server, user));

    const policy = block('README.md', 'policy').replace('after: 7d', 'after: 0d');
    await writeFile(join(directory, 'policies', 'archive-after-2y.yaml'), policy);
    // A drain and holds beside it, which have nothing to do here.
    for (const name of ['drain', 'with-hold']) {
      const example = blocks('docs/policies.md').find(({ text }) => text.includes(`- name: ${name}\n`));
      const enforced = example?.text.replace(`- name: ${name}\n`, `- name: ${name}\n    mode: enforce\n`);
      await writeFile(
        join(directory, 'policies', `${name}.yaml`),
        enforced?.replace('olderThan: 1y', 'olderThan: 20y') ?? assert.fail(name),
      );
    }
    const act = await shell(directory, 'act');
    assert.match(act, /archive-after-2y on alice@example\.com: archived (\d+) messages \(.*\), deleted \1 /);
    assert.match(act, /Ada Byron .* Budget/);
    const drained = await snapshot(server, user);
    assert.ok(drained.messages.length < before.messages.length);

    await shell(directory, 'back');
    const after = await snapshot(server, user);
    const restored = after.messages.filter((message) => message.folder === 'Restored');
    assert.equal(restored.length, before.messages.length - drained.messages.length);

    await shell(directory, 'metrics', 'docs/metrics.md');
    const stop = await shell(directory, 'stop', 'docs/daemon.md');
    assert.match(stop, /everything: paused by .*: why are there so few messages\?/);
    assert.match(stop, /^resumed; it was paused by /m);
    assert.match(
      await readFile(join(directory, 'mothball.prom'), 'utf8'),
      /^mothball_policy_last_run_success\{policy="archive-after-2y"\} 1$/m,
    );

    assert.match(await shell(directory, 'lost'), /(\d+) of \1 archives? read back exactly as written/);
    const rest = await mothball(['restore', '--all', '--yes'], { cwd: directory });
    assert.equal(rest.code, 0, rest.stderr);
    const messages = (await snapshot(server, user)).messages.filter(({ folder }) => folder !== 'Restored');
    assertSameMail(before, { ...before, messages });

    await mkdir(join(directory, 'old-mail'));
    await writeFile(join(directory, 'old-mail', 'pop.eml'), 'Subject: from a POP3 client\n\nHello.\n');
    const imported = await shell(directory, 'import', 'docs/import.md');
    assert.match(
      imported,
      /1 message .* would be imported into store "local"[^]*1 message .* imported on the server/,
    );
    const old = (await snapshot(server, user)).messages.filter(({ folder }) => folder === 'Old');
    assert.deepEqual(
      old.map(({ subject }) => subject),
      ['from a POP3 client'],
    );
    await writeFile(join(directory, 'policies', 'archive-after-2y.yaml'), block('docs/expire.md', 'retain'));
    assert.match(
      await shell(directory, 'expire', 'docs/expire.md'),
      /removed 0 archives[^]* kept: .*younger than retain 7y/,
    );
  } finally {
    await server.stop();
    await rm(base, { recursive: true, force: true, maxRetries: 5 });
  }
});

test('every block of the README and the manual is run by a test, or is an npm script', () => {
  const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(`${root}package.json`, 'utf8'),
  );
  for (const [page, tested] of Object.entries(manual)) {
    for (const { name, language, text } of blocks(page)) {
      if (name !== null) continue;
      assert.equal(language, 'sh', text);
      for (const line of text.trim().split('\n')) {
        const script = /^npm (?:run )?(\w+)$/.exec(line)?.[1] ?? '';
        assert.ok(script in manifest.scripts, `${page}: no npm script for "${line}"`);
      }
    }
    const marked = blocks(page).flatMap(({ name }) => name ?? []);
    assert.deepEqual(marked, tested, page);
  }
});

test('docs/commands.md lists exactly the commands of --help', async () => {
  const help = await mothball(['--help'], { cwd: root });
  const lines = help.stdout.split('\n');
  const known = lines.flatMap((line) => /^ {2}([a-z][a-z-]*)\b/.exec(line)?.[1] ?? []);
  const listed = tableRows('docs/commands.md', 'Command').map(([cell = '']) => cell.split(' ')[0] ?? '');
  assert.deepEqual(
    listed,
    known.filter((name) => name !== 'help'),
  );
});

test('every option that the README and the manual name exists', async () => {
  const commands = tableRows('docs/commands.md', 'Command').map(([cell = '']) => cell.split(' ')[0] ?? '');
  // --keep is the demo's.
  const known = new Set(['--keep']);
  for (const command of commands) {
    const help = await mothball([command, '--help'], { cwd: root });
    for (const [option] of help.stdout.matchAll(/--[a-z][a-z-]+/g)) known.add(option);
  }
  assert.deepEqual(
    pages.flatMap(optionsNamed).filter((option) => !known.has(option)),
    [],
  );
});

test('the exit codes of docs/commands.md are those that the program uses', () => {
  assert.deepEqual(tableRows('docs/commands.md', 'Exit code'), [
    [String(exit.ok), 'ok'],
    [String(exit.failure), 'failure'],
    [String(exit.usage), 'usage or configuration'],
    [String(exit.partial), 'partial'],
    [String(exit.verification), 'verification failed'],
    [String(exit.limit), 'a safety limit stopped it'],
    [String(exit.locked), 'locked by another'],
    [String(exit.pending), 'plan --exit-code with work pending'],
    ['130/143', 'signals'],
  ]);
  assert.deepEqual(Object.values(exit), [0, 1, 2, 3, 4, 5, 11, 20]);
});

test('every file that the README links to is there, and it leads to every page of docs', () => {
  const links = localLinks('README.md');
  assert.deepEqual(
    links.filter((path) => !existsSync(join(root, path))),
    [],
  );
  const written = readdirSync(`${root}docs`).filter((name) => name.endsWith('.md'));
  assert.deepEqual(
    written.filter((name) => !links.includes(`docs/${name}`)),
    [],
  );
});
