import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mailbox } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { render } from '../helm/helm.ts';
import { fault } from '../helm/kubernetes.ts';
import { validateRendered } from '../helm/validate-rendered.ts';
import { assertExit, makeSite } from '../integration/installation.ts';
import { launcher, mothball, processEnvironment } from '../integration/mothball.ts';
import { assertSameMail } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { type Block, blocksIn } from './readme.ts';

const run = promisify(execFile);
const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const read = (file: string): string => readFileSync(join(docs, file), 'utf8');
const marked = (file: string, name: string): readonly Block[] =>
  blocksIn(read(file)).filter((block) => block.name === name);
const user = 'alice@example.com';

test('every policy of docs/policies.md is valid, and can be planned on a mail server', async () => {
  const examples = marked('policies.md', 'policy');
  assert.ok(examples.length >= 9);
  assert.equal(blocksIn(read('policies.md')).length, examples.length, 'every block is an example');
  const dovecot = await startDovecot();
  await seedUser(dovecot, user, mailbox({ seed: 8, count: 20, user, meanSize: 2_000 }));
  const site = await makeSite({ server: { port: dovecot.port }, users: [user], policies: [] });
  try {
    const before = await snapshot(dovecot, user);
    for (const { text } of examples) {
      await writeFile(join(site.dir, 'policies.yaml'), text);
      const [, name = ''] = /- name: (\S+)/.exec(text) ?? [];
      const plan = await site.run(['plan']);
      assertExit(plan, 0);
      assert.match(plan.stdout, new RegExp(`^${name} on ${user} \\(plan mode: reports only[;)]`, 'm'));
    }
    assert.deepEqual(await snapshot(dovecot, user), before);
  } finally {
    await site.remove();
    await dovecot.stop();
  }
});

test('every configuration of docs/servers.md, sign-in.md, account-sources.md and configuration.md is valid', async () => {
  const examples = [...marked('servers.md', 'config')];
  assert.equal(blocksIn(read('servers.md')).length, examples.length);
  examples.push(...marked('sign-in.md', 'config'), ...marked('configuration.md', 'config'));
  examples.push(...marked('account-sources.md', 'config'));
  const directory = await mkdtemp(join(tmpdir(), 'servers-'));
  try {
    await mkdir(join(directory, 'policies'));
    await writeFile(join(directory, 'policies', 'one.yaml'), marked('policies.md', 'policy')[0]?.text ?? '');
    for (const { text } of examples) {
      for (const [, name = ''] of text.matchAll(
        /(?:password|token|clientSecret|serviceAccount)File: \.\/([\w.]+)/g,
      ))
        await writeFile(join(directory, name), 'a-secret\n', { mode: 0o600 });
      await writeFile(join(directory, 'mothball.yaml'), text);
      const result = await mothball(['validate'], { cwd: directory });
      assert.equal(result.code, 0, `${text}\n${result.stderr}`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('all values of docs/kubernetes.md and docs/scale.md render to valid objects and a valid configuration', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'values-'));
  const examples = [...marked('kubernetes.md', 'values'), ...marked('scale.md', 'values')];
  assert.ok(examples.length >= 8);
  try {
    for (const { text } of examples) {
      const file = join(directory, 'values.yaml');
      await writeFile(file, text);
      const objects = await render(['--values', file]);
      for (const object of objects) assert.equal(fault(object), null);
      const result = await validateRendered(objects);
      assert.equal(result.code, 0, `${text}\n${result.stderr}`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('the commands of docs/disaster-recovery.md bring everything back, in their order', async () => {
  const dovecot = await startDovecot();
  const directory = await mkdtemp(join(tmpdir(), 'recovery-'));
  try {
    await seedUser(dovecot, user, mailbox({ seed: 9, count: 80, user, flags: {}, meanSize: 3_000 }));
    const before = await snapshot(dovecot, user);
    await configure(directory, dovecot.port);
    assertExit(await mothball(['run', '--yes'], { cwd: directory }), 0);
    assert.ok((await snapshot(dovecot, user)).messages.length < before.messages.length);
    const commands = blocksIn(read('disaster-recovery.md'));
    assert.deepEqual(
      commands.map(({ name }) => name),
      ['database', 'node', 'back', 'plain'],
    );
    for (const { name, text } of commands) {
      const { stdout } = await shell(directory, text);
      if (name === 'database' || name === 'node')
        assert.match(stdout, /(\d+) of \1 archives? read back exactly as written/, stdout);
      if (name === 'plain') assert.match(stdout, /^[1-9]\d*$/m);
    }
    assertSameMail(before, await snapshot(dovecot, user));
  } finally {
    await dovecot.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
});

async function configure(directory: string, port: number): Promise<void> {
  const config = {
    version: 1,
    servers: { main: { host: '127.0.0.1', port, tls: 'none' } },
    accounts: [{ user, server: 'main', passwordFile: './alice.password' }],
    stores: { local: { type: 'local', path: './archive', ephemeral: true } },
    database: 'sqlite:./mothball.db',
    policies: ['policies/*.yaml'],
  };
  const old = { name: 'old', mode: 'enforce', match: { olderThan: '365d' }, archive: { to: 'local' } };
  const policies = { version: 1, policies: [{ ...old, delete: { after: '0d' } }] };
  await mkdir(join(directory, 'policies'));
  await writeFile(join(directory, 'mothball.yaml'), JSON.stringify(config));
  await writeFile(join(directory, 'policies', 'old.yaml'), JSON.stringify(policies));
  await writeFile(join(directory, 'alice.password'), 'secret\n', { mode: 0o600 });
}

/** Runs a block as it stands; `mothball` is this checkout's. */
async function shell(directory: string, text: string): Promise<{ readonly stdout: string }> {
  const bin = join(directory, '.bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'mothball'), `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`);
  await chmod(join(bin, 'mothball'), 0o755);
  const env = processEnvironment({ cwd: directory, env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } });
  return run('bash', ['-euo', 'pipefail', '-c', text], { cwd: directory, env });
}

test('every file that a page links to is there, and every marked block is run by a test', () => {
  const here = fileURLToPath(new URL('./', import.meta.url));
  const tests = readdirSync(here).map((name) => readFileSync(join(here, name), 'utf8'));
  const named = (page: string, mark: string): boolean =>
    tests.some((text) => text.includes(page) && text.includes(`'${mark}'`));
  for (const file of readdirSync(docs).filter((name) => name.endsWith('.md'))) {
    for (const [, target = ''] of read(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
      assert.ok(existsSync(join(docs, target)), `${file} links to ${target}`);
    const untested = blocksIn(read(file)).filter(({ name }) => name !== null && !named(file, name));
    assert.deepEqual(untested, [], file);
  }
});
