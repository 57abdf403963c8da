/** The Debian package. Its parts are checked always; it is built and installed into a clean Debian by `npm run test:long`. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ConfigError } from '../../src/errors.ts';
import { loadConfig } from '../../src/config/load.ts';
import { mailbox } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { inFull } from '../full.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { freePort } from '../servers/free-port.ts';
import { manPage, readHelp } from '../tools/man-page.ts';
import { type BootedDebian, bootDebian } from './booted-debian.ts';

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

/** The package, built into a directory of its own. */
async function buildPackage(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mothball-deb-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const env = { ...process.env, MOTHBALL_DEB_COMPRESSION: 'none' };
  await run(process.execPath, [join(checkout, 'test/tools/package-deb.ts'), directory], { env });
  const [deb = ''] = readdirSync(directory);
  return join(directory, deb);
}

/** The commands of docs/install.md for an empty machine, as root types them. */
function documented(): readonly string[] {
  const [, block = ''] =
    /five commands [^`]*```sh\n([^`]*)```/.exec(readFileSync(join(checkout, 'docs/install.md'), 'utf8')) ??
    [];
  return block
    .trim()
    .split('\n')
    .map((line) => line.replace(/^sudo /, ''));
}

// As root alone can anyone boot a container and install a package.
if (inFull && process.getuid?.() === 0) {
  test('on an empty Debian five commands lead from the package to a quota, a plan and a running service', async (t) => {
    const dovecot = await startDovecot({ quotaBytes: 1_000 * 1_024 });
    t.after(() => dovecot.stop());
    const user = 'alice@example.com';
    await seedUser(dovecot, user, mailbox({ seed: 3, count: 50, folders: ['INBOX'], user, meanSize: 2_000 }));
    await using machine = await bootDebian([await buildPackage(t)]);
    const [install = '', init = '', quota = '', plan = '', start = '', ...none] = documented();
    assert.deepEqual(none, []);
    await machine.shell('apt-get update -qq');
    await machine.shell(`${install} -y -qq --no-install-recommends`);
    const server = `--host 127.0.0.1 --port ${dovecot.port} --tls none --user ${user} --password-file -`;
    assert.match(
      await machine.shell(`echo secret | ${init} ${server}`),
      /wrote \/etc\/mothball\/mothball\.yaml/,
    );
    assert.match(await machine.shell(quota), /alice@example\.com[^]*of 1000\.0 KiB/);
    assert.match(await machine.shell(plan), /archive-after-2y on alice@example\.com/);
    const port = await freePort();
    await machine.shell(`echo 'http: { listen: "127.0.0.1:${port}" }' >> /etc/mothball/mothball.yaml`);
    await machine.shell(start);
    await checkService(machine, port);
    await checkFiles(machine);
  });
}

/** The unit is right, and what it started is ready, is the user's, and ends when it is stopped. */
async function checkService({ shell }: BootedDebian, port: number): Promise<void> {
  assert.equal(await shell('systemd-analyze verify --man=no mothball.service 2>&1'), '');
  assert.equal(
    (await shell('systemctl is-active mothball && systemctl is-enabled mothball')).trim(),
    'active\nenabled',
  );
  for (let tries = 0; !(await isReady(port)); tries += 1) {
    if (tries === 60) assert.fail(await shell('journalctl --no-pager -u mothball'));
    await sleep(500);
  }
  const main = 'systemctl show --property MainPID --value mothball';
  const args = await shell(`stat -c %U /proc/$(${main}) && tr '\\0' ' ' < /proc/$(${main})/cmdline`);
  assert.match(args, /^mothball\n.*mothball\.js daemon/);
  // The rest of the system can't be written, by what the service can see of it.
  const see = `nsenter -t $(${main}) -m -- `;
  assert.match(await shell(`${see} findmnt -no OPTIONS /usr || ${see} findmnt -no OPTIONS /`), /^ro\b/);
  await shell('systemctl reload mothball && sleep 1 && systemctl is-active mothball');
  await shell('systemctl stop mothball');
  assert.equal((await shell('systemctl show --property Result --value mothball')).trim(), 'success');
}

async function isReady(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Whose the files are, and that archived mail outlives the package. */
async function checkFiles({ shell }: BootedDebian): Promise<void> {
  await shell("sed -i 's/mode: plan .*/mode: enforce/' /etc/mothball/policies/archive-after-2y.yaml");
  assert.match(await shell('mothball run --yes'), /archived/);
  const owners = await shell('stat -c "%U %a" /etc/mothball /etc/mothball/*.password /var/lib/mothball');
  assert.deepEqual(owners.trim().split('\n'), ['mothball 750', 'mothball 600', 'mothball 700']);
  const stray = await shell('find /var/lib/mothball /etc/mothball ! -user mothball');
  assert.equal(stray.trim(), '/etc/mothball/mothball.example.yaml', 'the service can write all of its files');
  const archived = 'find /var/lib/mothball/archive -name "*.mbox.zst" | wc -l';
  const before = Number(await shell(archived));
  assert.ok(before > 0);
  await shell('apt-get purge -y -qq mothball');
  assert.equal(Number(await shell(archived)), before);
  await assert.rejects(shell('mothball --version'));
}
