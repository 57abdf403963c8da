import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { mailbox, note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { assertExactlyGone, assertSameMail } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';

const run = promisify(execFile);
const checkout = fileURLToPath(new URL('../../', import.meta.url));
let directory: string;
let tarball: string;
/** Where the package was installed, as into any folder. */
let installed: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'package-'));
  tarball = await pack(join(directory, 'source'));
  const folder = join(directory, 'folder');
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd: folder });
  installed = join(folder, 'node_modules', 'mothball');
});

after(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));

/** Packs a copy of the checkout: a build in the checkout itself would get into the way of other tests. */
async function pack(source: string): Promise<string> {
  for (const name of await readdir(checkout)) {
    if (['node_modules', 'dist', '.git', '.cache'].includes(name)) continue;
    await cp(join(checkout, name), join(source, name), { recursive: true });
  }
  await symlink(join(checkout, 'node_modules'), join(source, 'node_modules'));
  const { stdout } = await run('npm', ['pack', '--json', '--silent'], { cwd: source });
  const [, filename = ''] = /"filename": "([^"]+)"/.exec(stdout) ?? [];
  return join(source, filename);
}

test('the package holds the program, the policies and what a reader needs, and nothing of its making', async () => {
  const { stdout } = await run('tar', ['-tzf', tarball]);
  const files = stdout.trim().split('\n').toSorted();
  const inDist = files.filter((file) => file.startsWith('package/dist/'));
  // One bundle: where it begins, its worker threads, and what it loads when a command needs it.
  for (const name of ['main', 'codec-worker', 'text-worker', 'mail-text-worker'])
    assert.ok(inDist.includes(`package/dist/${name}.js`), name);
  assert.deepEqual(
    inDist.filter((file) => !/^package\/dist\/(?:node_modules\/string-width\/index|[\w-]+)\.js$/.test(file)),
    [],
  );
  const policies = (await readdir(join(checkout, 'policies'))).map((file) => `package/policies/${file}`);
  assert.deepEqual(
    files.filter((file) => !inDist.includes(file)),
    [
      'package/LICENSE',
      'package/docs/licences.txt',
      'package/README.md',
      'package/src/mothball.js',
      'package/package.json',
      ...policies,
    ].toSorted(),
  );
});

test('the installed package has no development dependencies', async () => {
  const manifest: { readonly devDependencies: Readonly<Record<string, string>> } = JSON.parse(
    await readFile(join(installed, 'package.json'), 'utf8'),
  );
  const there = new Set(await readdir(join(installed, '..')));
  for (const name of ['typescript', 'oxlint', 'prettier', 'playwright-core', 'fast-check', 'node']) {
    assert.ok(name in manifest.devDependencies);
    assert.ok(!there.has(name), `${name} was installed`);
  }
});

test('the installed package plans, runs, searches and restores', async () => {
  const dovecot = await startDovecot();
  const user = 'alice@example.com';
  const folders = ['INBOX', 'Old Mail', 'Zdjęcia/Wakacje 2019'];
  await seedUser(dovecot, user, [
    note('Engine', 900, { from: 'Ada Byron <ada@example.org>', flags: ['\\Seen'] }),
    ...mailbox({ seed: 3, count: 300, folders, user, meanSize: 5_000 }),
  ]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  const launcher = join(installed, 'src', 'mothball.js');
  try {
    const full = await snapshot(dovecot, user);
    const selected = selectByRule(full, { olderThanDays: 365 }, new Date());
    assert.ok(selected.length > 100);
    const plan = await site.runProcess(['plan'], { launcher });
    assertExit(plan, 0);
    assert.match(plan.stdout, new RegExp(`old on ${user}.*${selected.length} messages`, 's'));
    assert.deepEqual(await snapshot(dovecot, user), full);
    assertExit(await site.runProcess(['run', '--yes'], { launcher }), 0);
    assertExactlyGone(full, await snapshot(dovecot, user), site.archives(), selected);
    const search = await site.runProcess(['search', 'from:ada'], { launcher });
    assertExit(search, 0);
    assert.match(search.stdout, /Engine/);
    assertExit(await site.runProcess(['restore', '--all', '--yes'], { launcher }), 0);
    assertSameMail(full, await snapshot(dovecot, user));
  } finally {
    await site.remove();
    await dovecot.stop();
  }
});

test('the bin of the package starts it', async () => {
  const bin = join(installed, '..', '.bin', 'mothball');
  const { stdout } = await run(bin, ['--version'], { cwd: directory });
  const { version }: { readonly version: string } = JSON.parse(
    await readFile(join(checkout, 'package.json'), 'utf8'),
  );
  assert.equal(stdout.trim(), version);
});
