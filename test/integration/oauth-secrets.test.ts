/** The canary of secrets.test.ts for what OAuth 2 adds: client secrets, refresh tokens, access tokens, keys. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { startTokenEndpoint } from '../servers/token-endpoint.ts';
import { startDaemon } from './daemon.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';

const canary = 'c4n4ry';
const users = ['app@example.com', 'person@example.com', 'service@example.com'];

/** Every form in which a canary could leave. */
function shows(text: string): boolean {
  const encoded = Buffer.from(canary).toString('base64').slice(0, 7);
  return text.includes(canary) || text.includes(encoded) || text.includes('PRIVATE KEY');
}

async function secretsOf(site: Site): Promise<readonly string[]> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const files = {
    'client-secret': `${canary}-client`,
    'person.refresh': `${canary}-refresh-0`,
    'google.json': JSON.stringify({ client_email: 'r@x', private_key_id: canary, private_key: key }),
  };
  for (const [name, text] of Object.entries(files))
    await writeFile(join(site.dir, name), text, { mode: 0o600 });
  return Object.keys(files);
}

/** What a daemon says, shows and counts while its provider refuses. */
async function servedBy(site: Site): Promise<string> {
  const daemon = await startDaemon(site);
  try {
    await daemon.line((line) => JSON.stringify(line).includes('invalid_client'));
    const paths = [
      '/',
      '/accounts',
      '/policies',
      '/runs',
      '/stores',
      '/archives',
      '/metrics',
      '/livez',
      '/readyz',
    ];
    for (const user of users) paths.push(`/accounts/main/${encodeURIComponent(user)}`);
    const pages = await Promise.all(paths.map((path) => daemon.get(path)));
    for (const [index, { status }] of pages.entries())
      assert.ok([200, 503].includes(status), `${paths[index]}: ${status}`);
    return [...pages.map(({ text }) => text), JSON.stringify(daemon.lines)].join('\n');
  } finally {
    await daemon.stop();
  }
}

test('secrets and tokens of OAuth 2 are found nowhere: not in output, logs, JSON, page, metrics, database, archive or command lines', async (t) => {
  let renewals = 0;
  let refusing = false;
  const endpoint = await startTokenEndpoint(({ path, body }) => {
    if (path === '/introspect') {
      const user = users.find((name) => body.get('token')?.endsWith(name));
      return { json: { active: user !== undefined, username: user } };
    }
    const sent = [...body.values()].join(' ');
    if (refusing) return { status: 400, json: { error: 'invalid_client', error_description: `no: ${sent}` } };
    const grant = body.get('grant_type') ?? '';
    const user = users[['client_credentials', 'refresh_token'].indexOf(grant)] ?? users[2];
    const renewed = grant === 'refresh_token' ? { refresh_token: `${canary}-refresh-${++renewals}` } : {};
    return {
      json: { access_token: `${canary}-access-${user}`, token_type: 'Bearer', expires_in: 3600, ...renewed },
    };
  });
  t.after(() => endpoint.stop());
  const dir = mkdtempSync(join(tmpdir(), 'oauth-'));
  t.after(() => rmSync(dir, { recursive: true }));
  chmodSync(dir, 0o755);
  const settings = join(dir, 'oauth2.conf');
  writeFileSync(
    settings,
    `introspection_mode = post\nintrospection_url = ${endpoint.url.replace('/token', '/introspect')}\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n`,
  );
  const passdb = `passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = ${settings}\n}\n`;
  const dovecot = await startDovecot({
    extraConfig: `auth_mechanisms = plain xoauth2 oauthbearer\n${passdb}`,
  });
  t.after(() => dovecot.stop());
  for (const user of users) await seedUser(dovecot, user, [note('old', 500), note('young', 3)]);
  const common = { type: 'oauth2', clientId: 'mothball', tokenUrl: endpoint.url };
  const client = { ...common, clientSecretFile: './client-secret', clientAuth: 'post' };
  const [app, person, service] = users;
  const site = await makeSite({
    server: { port: dovecot.port },
    accounts: [
      { user: app, server: 'main', auth: { ...client, grant: 'clientCredentials' } },
      {
        user: person,
        server: 'main',
        auth: { ...client, grant: 'refreshToken', refreshTokenFile: './person.refresh' },
      },
      {
        user: service,
        server: 'main',
        auth: {
          type: 'oauth2',
          provider: 'google',
          grant: 'serviceAccount',
          tokenUrl: endpoint.url,
          serviceAccountFile: './google.json',
        },
      },
    ],
    policies: [policy('old', 365)],
    extra: { http: { listen: '127.0.0.1:0' }, log: { level: 'debug' } },
  });
  t.after(() => site.remove());
  const secretFiles = await secretsOf(site);

  let printed = '';
  const commandLines: string[] = [];
  for (const command of ['validate', 'accounts --test', 'quota', 'plan', 'run --yes', 'status']) {
    for (const json of [[], ['--json']]) {
      const result = await site.runProcess([...command.split(' '), ...json], {
        onStart: ({ pid }) => commandLines.push(readFileSync(`/proc/${pid}/cmdline`, 'latin1')),
      });
      assertExit(result, 0);
      printed += said(result);
    }
  }
  assert.ok(renewals > 1, 'no refresh token was renewed');
  // A provider that repeats what it was sent.
  refusing = true;
  for (const json of [[], ['--json']]) {
    const refused = await site.run(['run', '--yes', ...json]);
    assertExit(refused, 1);
    printed += said(refused);
  }
  assert.match(printed, /invalid_client/);
  const served = await servedBy(site);
  assert.match(served, /invalid_client/);
  assert.ok(!shows(served), 'served');
  assert.ok(!shows(printed), 'printed');
  assert.ok(!shows(commandLines.join(' ')), 'on a command line');
  for (const name of readdirSync(site.dir, { recursive: true, encoding: 'utf8' })) {
    const path = join(site.dir, name);
    if (secretFiles.includes(name) || !statSync(path).isFile()) continue;
    assert.ok(!shows(readFileSync(path, 'latin1')), `in ${name}`);
  }
  assert.equal(readFileSync(join(site.dir, 'person.refresh'), 'utf8'), `${canary}-refresh-${renewals}\n`);
});
