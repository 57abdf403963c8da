import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { mothball } from '../integration/mothball.ts';
import { startDovecot } from '../servers/dovecot.ts';

const run = promisify(execFile);
const directory = fileURLToPath(new URL('../../docs/try-out/', import.meta.url));

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: object;
  readonly read_only?: boolean;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}
const compose: Compose = parse(readFileSync(join(directory, 'compose.yaml'), 'utf8'));
const services = Object.entries(compose.services);

test('the compose file brings up all five parts, each image pinned to a release', () => {
  assert.deepEqual(Object.keys(compose.services).toSorted(), [
    'dovecot',
    'grafana',
    'mothball',
    'prometheus',
    's3',
  ]);
  for (const [name, { image = '' }] of services) {
    if (name !== 'mothball') assert.match(image, /:(v?\d+\.\d+\.\d+|RELEASE\.\d{4}-\d\d-\d\dT[\d-]+Z)$/);
  }
  assert.equal(compose.services['mothball']?.build, '../..');
  assert.equal(compose.services['mothball'].read_only, true);
});

test('every file that the compose file mounts is there, every volume and service is declared, every port is local', () => {
  for (const [name, { volumes = [], ports = [], depends_on: needs = [] }] of services) {
    for (const volume of volumes) {
      const [source = ''] = volume.split(':');
      const there = source.startsWith('.') ? existsSync(join(directory, source)) : source in compose.volumes;
      assert.ok(there, `${name}: ${volume}`);
    }
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:/);
    for (const need of Array.isArray(needs) ? needs : Object.keys(needs))
      assert.ok(String(need) in compose.services);
  }
});

test('Dovecot and Prometheus read their configuration', async () => {
  const sbin = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  const { stdout } = await run('doveconf', ['-n', '-c', join(directory, 'dovecot.conf')], { env: sbin });
  assert.match(stdout, /quota_rule = \*:bytes=5000000/);
  const { stdout: checked } = await run('promtool', [
    'check',
    'config',
    '--syntax-only',
    join(directory, 'prometheus.yaml'),
  ]);
  assert.match(checked, /SUCCESS/);
});

test('the seed fills the mailbox over what the policy asks, and Mothball drains it by these very files', async () => {
  const dovecot = await startDovecot({ quotaBytes: 5_000_000 });
  const site = await mkdtemp(join(tmpdir(), 'try-out-'));
  const env = { ...compose.services['mothball']?.environment };
  try {
    await cp(join(directory, 'policies'), join(site, 'policies'), { recursive: true });
    const config = await readFile(join(directory, 'mothball.yaml'), 'utf8');
    await writeFile(join(site, 'mothball.yaml'), config.replaceAll('/data/', `${site}/`));
    const valid = await mothball(['validate'], { cwd: site, env });
    assert.equal(valid.code, 0, valid.stderr);

    const seed = join(directory, 'seed.sh');
    const doveadm = `doveadm -c ${dovecot.dir}/dovecot.conf`;
    const path = `${process.env['PATH'] ?? ''}:/usr/sbin`;
    await run('sh', [seed], { env: { ...process.env, PATH: path, DOVEADM: doveadm } });
    // Here is no S3 server and no network of containers: a directory, and loopback.
    const local = config
      .replace('host: dovecot,', `host: 127.0.0.1, port: ${dovecot.port},`)
      .replace(/  cold:[^]*?(?=\ndatabase:)/, `  cold: { type: local, path: ${site}/cold, ephemeral: true }`)
      .replaceAll('/data/', `${site}/`);
    await writeFile(join(site, 'mothball.yaml'), local);
    const before = await mothball(['quota', '--account', 'alice@*'], { cwd: site, env });
    assert.match(before.stdout, /\b(8[1-9]|9\d)(\.\d+)? ?%/, before.stdout + before.stderr);
    const ran = await mothball(['run', 'drain-near-full', '--yes'], { cwd: site, env });
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /drain-near-full on alice@example\.com: archived (\d+) messages .*deleted \1 /);
    const found = await mothball(['search', 'from:ada'], { cwd: site, env });
    assert.match(found.stdout, /Report of day/);
  } finally {
    await dovecot.stop();
    await rm(site, { recursive: true, force: true, maxRetries: 5 });
  }
});
