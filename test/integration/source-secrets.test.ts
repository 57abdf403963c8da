/** The canary of secrets.test.ts for account sources and for doveadm: each secret where it is taken, and where it is refused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { startDovecot } from '../servers/dovecot.ts';
import { startMariaDb } from '../servers/mariadb.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startSlapd } from '../servers/slapd.ts';
import { portOf } from '../sources/http.ts';
import { startDaemonProcess } from './daemon.ts';
import { assertExit, makeSite, said } from './installation.ts';

const user = 'alice@example.com';
const canary = 'c4n4ry-s0urce';
const sources = ['postgres', 'mariadb', 'ldap', 'http', 'doveadm'] as const;
const secretOf = (name: string): string => `${canary}-${name}`;

/** Every form in which it could leave: as it is, in URLs, and in Base64 at each of the three offsets. */
const forms = [0, 1, 2].map((pad) => {
  const encoded = Buffer.from('x'.repeat(pad) + canary).toString('base64');
  return encoded.slice(Math.ceil((pad * 8) / 6), Math.floor(((pad + canary.length) * 8) / 6));
});
const shows = (text: string): boolean => text.includes(canary) || forms.some((form) => text.includes(form));

/** A server that speaks HTTP for both kinds: it takes the right secret, and repeats what it refuses. */
async function startHttp(t: TestContext): Promise<{ readonly port: number; readonly seen: () => string }> {
  let seen = '';
  const server = createServer((request, response) => {
    const { authorization = '' } = request.headers;
    seen += `${authorization}\n`;
    const basic = Buffer.from(`doveadm:${secretOf('doveadm')}`).toString('base64');
    const bearer = authorization === `Bearer ${secretOf('http')}`;
    if (!bearer && authorization !== `Basic ${basic}`) return void response.writeHead(401).end(authorization);
    void request.toArray().then((pieces) => {
      const asked = Buffer.concat(pieces).toString();
      const rows = asked.includes('quotaGet')
        ? [{ username: user, root: 'User quota', type: 'STORAGE', value: '1', limit: '1024' }]
        : { userList: ['doveadm@example.com'] };
      response.end(JSON.stringify(bearer ? ['http@example.com'] : [['doveadmResponse', rows, 'mothball']]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: portOf(server), seen: () => seen };
}

async function configured(
  t: TestContext,
  port: number,
): Promise<{ readonly accountSources: Record<string, object>; stop(): Promise<void> }> {
  const slapd = await startSlapd(secretOf('ldap'));
  t.after(() => slapd[Symbol.asyncDispose]());
  await slapd.people([{ mail: 'ldap@example.com' }]);
  const postgres = await startPostgres();
  t.after(() => postgres[Symbol.asyncDispose]());
  const maria = await startMariaDb();
  t.after(() => maria[Symbol.asyncDispose]());
  await maria.sql(`ALTER USER mothball@localhost IDENTIFIED BY '${secretOf('mariadb')}'`);
  const secret = (name: string) => ({ passwordFile: `./${name}.secret` });
  // PostgreSQL takes any password here; it is refused by being away.
  const socket = encodeURIComponent(postgres.directory);
  await postgres.database('mail');
  const accountSources = {
    postgres: {
      type: 'sql',
      url: `postgres://${postgres.user}@localhost:${postgres.port}/mail?host=${socket}`,
      query: `SELECT 'postgres@example.com' AS "user"`,
      ...secret('postgres'),
    },
    mariadb: {
      type: 'sql',
      url: `mysql://mothball@localhost/mail?socket=${encodeURIComponent(maria.socket)}`,
      query: "SELECT 'mariadb@example.com' AS user",
      ...secret('mariadb'),
    },
    ldap: {
      type: 'ldap',
      url: slapd.ldapsUrl,
      caFile: slapd.caFile,
      bindDn: slapd.bindDn,
      base: slapd.base,
      columns: { user: 'mail' },
      ...secret('ldap'),
    },
    http: { type: 'http', url: `http://127.0.0.1:${port}/people`, tokenFile: './http.secret' },
    doveadm: { type: 'doveadm', url: `http://127.0.0.1:${port}/doveadm/v1`, ...secret('doveadm') },
  };
  return { accountSources, stop: () => postgres.stop() };
}

test('secrets of account sources are found nowhere: not in output, logs, JSON, page, metrics, lists, database or command lines', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const { port, seen } = await startHttp(t);
  const databases = await configured(t, port);
  const doveadm = { url: `http://127.0.0.1:${port}/doveadm/v1`, passwordFile: './doveadm.secret' };
  const site = await makeSite({
    server: {
      port: dovecot.port,
      auth: { type: 'master', user: 'admin', passwordFile: './master' },
      doveadm,
    },
    accounts: [{ user, server: 'main', passwordFile: './password' }],
    policies: [],
    extra: {
      accountSources: databases.accountSources,
      http: { listen: '127.0.0.1:0' },
      log: { level: 'debug' },
    },
  });
  t.after(() => site.remove());
  await writeFile(join(site.dir, 'master'), 'master', { mode: 0o600 });
  const put = (ending: string): Promise<unknown> =>
    Promise.all(
      sources.map((name) =>
        writeFile(join(site.dir, `${name}.secret`), `${secretOf(name)}${ending}`, { mode: 0o600 }),
      ),
    );
  let printed = '';
  const commandLines: string[] = [];
  const say = async (command: string, start: 'here' | 'process' = 'here'): Promise<string> => {
    const args = command.split(' ');
    const results = [await site.run([...args, '--json'])];
    if (start === 'here') results.push(await site.run(args));
    else
      results.push(
        await site.runProcess(args, {
          onStart: ({ pid }) => commandLines.push(readFileSync(`/proc/${pid}/cmdline`, 'latin1')),
        }),
      );
    const text = results.map(said).join('');
    printed += text;
    return text;
  };

  await put('');
  const taken = await say('accounts --refresh', 'process');
  for (const name of sources) assert.match(taken, new RegExp(`${name}@example\\.com`));
  for (const command of ['validate', 'accounts', 'quota', 'scan', 'status']) await say(command);
  const daemon = await startDaemonProcess(site);
  t.after(() => daemon.kill('SIGKILL'));
  commandLines.push(readFileSync(`/proc/${daemon.pid}/cmdline`, 'latin1'));
  for (const path of ['/', '/metrics', '/api/v1/status', '/api/v1/quota'])
    printed += (await daemon.get(path)).text;
  // The same with what is refused, and repeated by the other side.
  await databases.stop();
  await put('-wrong');
  await say('accounts --refresh', 'process');
  await say('quota');
  await rm(join(site.dir, 'http.secret'));
  await say('accounts --refresh');
  daemon.hangUp();
  await daemon.line(/configuration/);
  assertExit(await site.run(['status']), 0);
  assert.equal(await daemon.stop(), 143);
  printed += daemon.lines.map((line) => JSON.stringify(line)).join('\n');

  assert.match(printed, /answers 401/);
  assert.ok(shows(seen()), 'the secrets were never sent');
  assert.ok(!shows(printed), 'printed');
  assert.ok(!shows(commandLines.join(' ')), 'on a command line');
  const files = readdirSync(site.dir, { recursive: true, encoding: 'utf8' });
  assert.ok(files.some((name) => name.startsWith('account-lists/')));
  for (const name of files) {
    const path = join(site.dir, name);
    if (name.endsWith('.secret') || !statSync(path).isFile()) continue;
    assert.ok(!shows(readFileSync(path, 'latin1')), `in ${name}`);
  }
});
