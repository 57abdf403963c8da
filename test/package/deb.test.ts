/** The Debian package. Its parts are checked always; it is built and installed into a clean Debian by `npm run test:long`. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ConfigError } from '../../src/errors.ts';
import { loadConfig } from '../../src/config/load.ts';
import { mailbox } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { inFull } from '../full.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { manPage, readHelp } from '../tools/man-page.ts';

const run = promisify(execFile);
const checkout = fileURLToPath(new URL('../../', import.meta.url));
const debian = (name: string): string => join(checkout, 'test/tools/debian', name);

test('the service is valid, and little of the system is open to it', async () => {
  const { stdout } = await run('systemd-analyze', ['security', '--offline=true', debian('mothball.service')]);
  const [, exposure] = /Overall exposure level for mothball\.service: ([\d.]+)/.exec(stdout) ?? [];
  assert.ok(Number(exposure) < 2, stdout.slice(-300));
  const unit = readFileSync(debian('mothball.service'), 'utf8');
  assert.match(unit, /^ProtectSystem=strict$/m);
  assert.match(unit, /^NoNewPrivileges=true$/m);
});

test('every script of the package is valid, and none removes archived mail', () => {
  for (const name of ['mothball.sh', 'postinst', 'prerm', 'postrm']) {
    execFileSync('sh', ['-n', debian(name)]);
    assert.doesNotMatch(readFileSync(debian(name), 'utf8'), /\brm\b/);
  }
});

test('the example configuration lacks nothing but the password and the policies', async () => {
  const error = await loadConfig(debian('mothball.yaml'), { env: {}, cwd: '/' }).then(
    () => assert.fail('there is a password'),
    (found: unknown) => found,
  );
  assert.ok(error instanceof ConfigError);
  assert.deepEqual(
    error.problems.map(({ path }) => path),
    ['accounts[0].passwordFile', 'policies[0]'],
  );
});

test('the man page has the help of every command, and groff has nothing to say about it', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'man-'));
  t.after(() => rm(directory, { recursive: true }));
  const help = await readHelp();
  const file = join(directory, 'mothball.1');
  await writeFile(file, manPage(help, '2026-11-28'));
  const { stdout, stderr } = await run('groff', ['-man', '-ww', '-Tascii', '-P-cbou', '-rLL=200n', file]);
  assert.equal(stderr, '');
  for (const { name, text } of help.commands)
    for (const line of text.trim().split('\n'))
      assert.ok(
        stdout.includes(
          line
            .trim()
            .slice(0, 60)
            .replaceAll(/[^ -~].*/g, ''),
        ),
        `${name}: ${line}`,
      );
  assert.ok(help.commands.length > 25);
});

/** A minimal Debian with the package, installed by apt as a person would. */
async function cleanDebian(t: TestContext): Promise<(...command: readonly string[]) => Promise<string>> {
  const directory = await mkdtemp(join(tmpdir(), 'mothball-chroot-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const env = { ...process.env, MOTHBALL_DEB_COMPRESSION: 'none' };
  await run(process.execPath, [join(checkout, 'test/tools/package-deb.ts'), directory], { env });
  const [deb = ''] = readdirSync(directory);
  const root = join(directory, 'root');
  await run('mmdebstrap', ['--quiet', '--variant=apt', 'bookworm', root]);
  await copyFile('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  await copyFile(join(directory, deb), join(root, deb));
  const inside = async (...command: readonly string[]): Promise<string> =>
    (
      await run('chroot', [root, ...command], {
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
      })
    ).stdout;
  await inside('apt-get', 'update', '-qq');
  await inside('apt-get', 'install', '-y', '-qq', '--no-install-recommends', `/${deb}`);
  return inside;
}

// As root alone can anyone make a chroot and install a package.
if (inFull && process.getuid?.() === 0) {
  test('on an empty Debian the package is installed, set up and shows a plan, and leaves mail behind when it is purged', async (t) => {
    const dovecot = await startDovecot();
    t.after(() => dovecot.stop());
    const user = 'alice@example.com';
    await seedUser(dovecot, user, mailbox({ seed: 3, count: 50, folders: ['INBOX'], user, meanSize: 2_000 }));
    const inside = await cleanDebian(t);
    const { version }: { readonly version: string } = JSON.parse(
      readFileSync(join(checkout, 'package.json'), 'utf8'),
    );
    assert.equal((await inside('mothball', '--version')).trim(), version);
    const server = `--host 127.0.0.1 --port ${dovecot.port} --tls none --user ${user} --password-file -`;
    const set = `echo secret | mothball init /etc/mothball --data /var/lib/mothball ${server}`;
    assert.match(await inside('sh', '-c', set), /wrote \/etc\/mothball\/mothball\.yaml/);
    assert.match(await inside('mothball', 'validate'), /is valid: 1 account/);
    assert.match(await inside('mothball', 'plan'), /archive-after-2y on alice@example\.com/);
    await inside(
      'sed',
      '-i',
      's/mode: plan .*/mode: enforce/',
      '/etc/mothball/policies/archive-after-2y.yaml',
    );
    assert.match(await inside('mothball', 'run', '--yes'), /archived/);
    const owners = await inside(
      'sh',
      '-c',
      'stat -c "%U %a" /etc/mothball /etc/mothball/*.password /var/lib/mothball',
    );
    assert.deepEqual(owners.trim().split('\n'), ['mothball 750', 'mothball 600', 'mothball 700']);
    const stray = await inside('find', '/var/lib/mothball', '/etc/mothball', '!', '-user', 'mothball');
    assert.equal(
      stray.trim(),
      '/etc/mothball/mothball.example.yaml',
      'the service can write all of its files',
    );
    const archived = 'find /var/lib/mothball/archive -name "*.mbox.zst" | wc -l';
    const before = Number(await inside('sh', '-c', archived));
    assert.ok(before > 0);
    await inside('apt-get', 'purge', '-y', '-qq', 'mothball');
    assert.equal(Number(await inside('sh', '-c', archived)), before);
    await assert.rejects(inside('mothball', '--version'));
  });
}
