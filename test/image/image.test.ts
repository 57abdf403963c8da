import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { mailbox, note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { readArchives } from '../oracle/archives.ts';
import { assertExactlyGone, assertNothingLost, assertSameMail } from '../oracle/nothing-lost.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { freePort } from '../servers/free-port.ts';
import { buildStages } from './build.ts';
import { type Ended, type Image, makeMountPoints, makeVolume, sizeOf, start, userOf } from './container.ts';
import { pairs, readDockerfile, texts, words } from './dockerfile.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const stages = readDockerfile(join(checkout, 'Dockerfile'));
const last = stages.at(-1);
assert.ok(last !== undefined);
const entry = words(texts(last, 'ENTRYPOINT').join());
let directory: string;
let image: Image;
let dovecot: Dovecot;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'image-'));
  // npm run test:image has had it built by a real engine.
  const built = process.env['MOTHBALL_IMAGE_ROOT'];
  const [root, server] = await Promise.all([built ?? buildStages(stages, directory), startDovecot()]);
  image = { root, env: pairs(last, 'ENV'), uid: Number(texts(last, 'USER').join().split(':')[0]) };
  dovecot = server;
  await makeMountPoints(image, ['/etc/mothball']);
});

after(async () => {
  await dovecot.stop();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** Runs the image with these words after its entry point, on empty volumes unless others are given. */
async function runImage(args: readonly string[], volumes?: Readonly<Record<string, string>>): Promise<Ended> {
  return start(image, [...entry, ...args], volumes ?? (await volumesOf('empty'))).ended;
}

async function volumesOf(name: string): Promise<Readonly<Record<string, string>>> {
  const volume = (part: string): Promise<string> => makeVolume(image, join(directory, 'volumes', name, part));
  return { '/data': await volume('data'), '/tmp': await volume('tmp'), '/etc/mothball': await volume('etc') };
}

/** Volumes with a configuration that archives and deletes what is over a year old. */
async function configured(
  name: string,
  user: string,
  port: number,
  more: object = {},
): Promise<Readonly<Record<string, string>>> {
  const volumes = await volumesOf(name);
  const etc = volumes['/etc/mothball'] ?? '';
  const config = {
    version: 1,
    servers: { main: { host: '127.0.0.1', port, tls: 'none' } },
    accounts: [{ user, server: 'main', passwordEnv: 'MAIL_PASSWORD' }],
    stores: { local: { type: 'local', path: '/data/archive', ephemeral: true } },
    database: 'sqlite:/data/mothball.db',
    policies: ['policies.yaml'],
    ...more,
  };
  const policy = {
    name: 'old',
    mode: 'enforce',
    match: { olderThan: '365d' },
    archive: { to: 'local' },
    delete: { after: '0d' },
    limits: { maxPercent: 100 },
  };
  await writeFile(join(etc, 'mothball.yaml'), JSON.stringify(config), { mode: 0o644 });
  await writeFile(join(etc, 'policies.yaml'), JSON.stringify({ version: 1, policies: [policy] }));
  return volumes;
}

function succeeded(result: Ended): string {
  assert.equal(result.code, 0, `${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

test('the image starts, and says the version of package.json', async () => {
  const { version }: { readonly version: string } = JSON.parse(
    readFileSync(join(checkout, 'package.json'), 'utf8'),
  );
  assert.equal(succeeded(await runImage(['--version'])).trim(), version);
});

test('the image holds one program and its licences: no shell, no source, no node_modules of others', () => {
  assert.deepEqual(globSync('{bin,usr/bin,usr/local/bin,sbin}/*', { cwd: image.root }).toSorted(), [
    'usr/local/bin/mothball',
    'usr/local/bin/node',
  ]);
  assert.deepEqual(globSync('app/*', { cwd: image.root }).toSorted(), [
    'app/LICENSE',
    'app/README.md',
    'app/dist',
    'app/licences.txt',
    'app/package.json',
    'app/policies',
    'app/sbom.cdx.json',
    'app/src',
  ]);
  assert.deepEqual(globSync('app/src/**', { cwd: image.root }).toSorted(), [
    'app/src',
    'app/src/mothball.js',
  ]);
  // A library that the program loads by its name, when a terminal needs it.
  assert.deepEqual(globSync('app/**/node_modules/**', { cwd: image.root }).toSorted(), [
    'app/dist/node_modules',
    'app/dist/node_modules/string-width',
    'app/dist/node_modules/string-width/index.js',
  ]);
});

test('the image is smaller than 150 MB', () => {
  assert.ok(sizeOf(image) < 150e6, `${Math.round(sizeOf(image) / 1e6)} MB`);
});

test('a table with wide letters is printed from the bundle', async () => {
  const script = `console.log(require('/app/dist/node_modules/string-width').default('\u5c71\u7530'))`;
  const { ended } = start(image, ['node', '-e', script], await volumesOf('wide'));
  assert.equal(succeeded(await ended).trim(), '4');
});

test('it runs as process 1 and as the numeric user, and can write nowhere but in its volumes', async () => {
  const script = `
    const { writeFileSync } = require('node:fs');
    const tried = ['/', '/app/', '/app/dist/', '/etc/', '/usr/local/bin/', '/data/', '/tmp/'].map((path) => {
      try { writeFileSync(path + 'new', ''); return [path, 'written']; } catch (error) { return [path, error.code]; }
    });
    console.log(JSON.stringify({ pid: process.pid, uid: process.getuid(), groups: process.getgroups(), tried: Object.fromEntries(tried) }));`;
  const { ended } = start(image, ['node', '-e', script], await volumesOf('writes'));
  const refused = Object.fromEntries(
    ['/', '/app/', '/app/dist/', '/etc/', '/usr/local/bin/'].map((path) => [path, 'EROFS']),
  );
  const user = userOf(image);
  assert.deepEqual(JSON.parse(succeeded(await ended)), {
    pid: 1,
    uid: user,
    groups: [user],
    tried: { ...refused, '/data/': 'written', '/tmp/': 'written' },
  });
});

test('plan, run, search and restore work in the image', async () => {
  const user = 'alice@example.com';
  const ada = note('Engine', 900, { from: 'Ada Byron <ada@example.org>' });
  await seedUser(dovecot, user, [ada, ...mailbox({ seed: 5, count: 120, user, flags: {}, meanSize: 3_000 })]);
  const full = await snapshot(dovecot, user);
  const volumes = await configured('trip', user, dovecot.port);
  const withPassword: Image = { ...image, env: { ...image.env, MAIL_PASSWORD: 'secret' } };
  const run = (...args: readonly string[]): Promise<Ended> =>
    start(withPassword, [...entry, ...args], volumes).ended;
  assert.match(succeeded(await run('validate')), /is valid: 1 account/);
  assert.match(succeeded(await run('plan')), /old on alice@example\.com/);
  assert.deepEqual(await snapshot(dovecot, user), full);
  succeeded(await run('run', '--yes'));
  const selected = selectByRule(full, { olderThanDays: 365 }, new Date());
  const archives = readArchives(join(volumes['/data'] ?? '', 'archive'));
  assert.ok(selected.length > 50);
  assertExactlyGone(full, await snapshot(dovecot, user), archives, selected);
  assert.match(succeeded(await run('search', 'from:ada')), /Engine/);
  succeeded(await run('restore', '--all', '--yes'));
  assertSameMail(full, await snapshot(dovecot, user));
});

test('SIGTERM reaches the program as process 1: it stops at a safe point and exits with 143', async () => {
  const user = 'bob@example.com';
  const ages = { from: 400, to: 900 };
  await seedUser(dovecot, user, mailbox({ seed: 6, count: 30, ages, flags: {}, meanSize: 4_000 }));
  const full = await snapshot(dovecot, user);
  let stop = (): void => {};
  let asked = false;
  const proxy = await startProxy(dovecot, {
    onCommand({ name, rest }) {
      if (!asked && name === 'UID FETCH' && rest.includes('BODY.PEEK[]')) {
        asked = true;
        stop();
      }
      return 'pass';
    },
  });
  try {
    const volumes = await configured('signal', user, proxy.port);
    const withPassword: Image = { ...image, env: { ...image.env, MAIL_PASSWORD: 'secret' } };
    const running = start(withPassword, [...entry, 'run', '--yes'], volumes);
    stop = () => running.kill('SIGTERM');
    const stopped = await running.ended;
    assert.equal(stopped.code, 143, stopped.stderr);
    const archive = (): ReturnType<typeof readArchives> =>
      readArchives(join(volumes['/data'] ?? '', 'archive'));
    await mkdir(join(volumes['/data'] ?? '', 'archive'), { recursive: true });
    assertNothingLost(full, await snapshot(dovecot, user), archive(), full.messages);
    succeeded(await start(withPassword, [...entry, 'run', '--yes'], volumes).ended);
    assertExactlyGone(full, await snapshot(dovecot, user), archive(), full.messages);
  } finally {
    await proxy.stop();
  }
});

test('the daemon serves its probes from the image, and SIGTERM ends it with 143', async () => {
  const port = await freePort();
  const http = { listen: `127.0.0.1:${port}` };
  const volumes = await configured('daemon', 'carol@example.com', dovecot.port, { http });
  const withPassword: Image = { ...image, env: { ...image.env, MAIL_PASSWORD: 'secret' } };
  const running = start(withPassword, [...entry, ...words(texts(last, 'CMD').join())], volumes);
  const answers = async (path: string): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      ({ ok }) => ok,
      () => false,
    );
  for (let tries = 0; tries < 200 && !(await answers('/readyz')); tries++) await sleep(100);
  assert.ok(await answers('/readyz'), running.output());
  assert.ok(await answers('/livez'));
  running.kill('SIGTERM');
  const { code, stderr } = await running.ended;
  assert.equal(code, 143, stderr);
});

test('the health check tells a live daemon from one that is not', async () => {
  const [program = '', ...args] = words(texts(last, 'HEALTHCHECK').join());
  const port = texts(last, 'EXPOSE').join();
  let status = 200;
  const server = createServer(({ url }, reply) => reply.writeHead(url === '/livez' ? status : 404).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const check = async (): Promise<number | null> => {
    const command = args.map((word) => word.replace(`:${port}/`, `:${address.port}/`));
    return (await start(image, [program, ...command], await volumesOf('health')).ended).code;
  };
  assert.equal(await check(), 0);
  status = 503;
  assert.equal(await check(), 1);
  server.close();
  server.closeAllConnections();
  assert.equal(await check(), 1);
});
