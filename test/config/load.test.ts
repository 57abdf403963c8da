import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { inspect } from 'node:util';
import { findConfig, loadConfig } from '../../src/config/load.ts';
import { directoryWith, noSecrets, policyFile, smallest, withPolicies } from './files.ts';

test('the smallest file gets the embedded defaults', async (t) => {
  const directory = await directoryWith(t, { 'mothball.yaml': smallest, pw: 'hunter2\n' });
  const config = await loadConfig(join(directory, 'mothball.yaml'), noSecrets);
  assert.equal(config.file, join(directory, 'mothball.yaml'));
  assert.equal(config.directory, directory);
  assert.deepEqual(config.servers.get('main'), {
    name: 'main',
    host: 'imap.example.com',
    port: 993,
    tls: 'implicit',
    caFile: null,
    servername: null,
    fingerprints: [],
    doveadm: null,
    profile: null,
    commandTimeoutMs: 120_000,
    connectTimeoutMs: 20_000,
    connectAttempts: 3,
    maxConnections: 8,
    maxBytesPerSecond: null,
    maxBytesPerDay: null,
    maxCommandsPerDay: null,
  });
  assert.deepEqual(
    [...config.stores.values()],
    [
      {
        type: 'local',
        name: 'local',
        path: join(directory, 'archive'),
        ephemeral: false,
        unsyncedNames: false,
        encryption: null,
      },
    ],
  );
  assert.deepEqual(config.database, { type: 'sqlite', path: join(directory, 'mothball.db') });
  assert.deepEqual(config.spool, { path: join(directory, 'spool'), maxBytes: 4 * 1024 ** 3 });
  assert.deepEqual(config.scan, { schedule: '*/15 * * * *', folders: '20 4 * * *' });
  assert.deepEqual(config.metrics, { accounts: null, folders: false });
  assert.deepEqual([config.http, config.expire, config.policies, config.holds], [null, null, [], []]);
  assert.deepEqual(config.warnings, []);
});

/** The example of the documentation, less what this version does not have yet. */
const example = `version: 1
servers:
  main: { host: imap.example.com, tls: implicit }
  gmail: { host: imap.gmail.com }
  near: { host: "[::1]", tls: none, commandTimeout: 30s, connectTimeout: 1min, caFile: ca.pem }
  start: { host: imap.example.org, tls: starttls, port: 1143 }
accounts:
  - { user: alice@example.com, server: main, passwordFile: /run/secrets/alice }
  - { users: [bob@example.com, "carol@example.com"], server: main, auth: { type: master, user: admin, passwordFile: master, style: separator } }
  - { user: dave@gmail.com, server: gmail, auth: { type: oauth2, tokenCommand: [get-token, dave] } }
  - { user: alice@example.com, server: near, auth: { type: password, passwordEnv: ALICE } }
stores:
  local: { type: local, path: ./archive }
  scratch: { type: local, path: /var/scratch, ephemeral: true }
database: sqlite:./data/mothball.db
spool: { maxBytes: 1GiB }
http: { listen: 127.0.0.1:9310, mail: true, auth: { tokenEnv: ALICE, mailTokenFile: master } }
policies: [ policies/*.yaml ]
scan: { schedule: "*/15 * * * *", folders: off }
metrics: { accounts: nearFull }
expire: { schedule: "0 5 * * 0" }
`;

test('a full configuration is read to the last key', async (t) => {
  const directory = await directoryWith(t, {
    'mothball.yaml': example.replace('/run/secrets/alice', 'alice'),
    alice: 'hunter2',
    master: 'hunter3',
    'policies/b.yaml': policyFile('match: { olderThan: 2y }\narchive: { to: scratch }'),
    'policies/a.yaml':
      'version: 1\nholds:\n  - { name: case-4711, accounts: ["bob@*"], match: { from: "*@rival.example" } }\n',
    'policies/ignored.txt': 'no: yaml',
  });
  const config = await loadConfig(join(directory, 'mothball.yaml'), {
    env: { ALICE: 'hunter4' },
    cwd: directory,
  });
  assert.deepEqual(
    config.accounts.map(({ server, account, auth }) => [server, account, auth.type]),
    [
      ['main', 'alice@example.com', 'password'],
      ['main', 'bob@example.com', 'master'],
      ['main', 'carol@example.com', 'master'],
      ['gmail', 'dave@gmail.com', 'oauth2'],
      ['near', 'alice@example.com', 'password'],
    ],
  );
  const [, bob] = config.accounts;
  assert.ok(bob?.auth.type === 'master');
  assert.deepEqual(
    [bob.auth.user, bob.auth.master, bob.auth.style, bob.auth.separator],
    ['bob@example.com', 'admin', 'separator', '*'],
  );
  assert.equal(await bob.auth.password.read(), 'hunter3');
  assert.deepEqual(config.servers.get('near'), {
    name: 'near',
    host: '::1',
    port: 143,
    tls: 'none',
    caFile: join(directory, 'ca.pem'),
    servername: null,
    fingerprints: [],
    doveadm: null,
    profile: null,
    commandTimeoutMs: 30_000,
    connectTimeoutMs: 60_000,
    connectAttempts: 3,
    maxConnections: 8,
    maxBytesPerSecond: null,
    maxBytesPerDay: null,
    maxCommandsPerDay: null,
  });
  assert.equal(config.servers.get('start')?.port, 1143);
  assert.deepEqual(config.stores.get('scratch'), {
    type: 'local',
    name: 'scratch',
    path: '/var/scratch',
    ephemeral: true,
    unsyncedNames: false,
    encryption: null,
  });
  assert.equal(config.spool.path, join(directory, 'data/spool'));
  assert.equal(config.spool.maxBytes, 1024 ** 3);
  assert.deepEqual(
    [config.http?.host, config.http?.port, config.http?.mail, config.http?.page],
    ['127.0.0.1', 9310, true, true],
  );
  assert.equal(await config.http?.mailToken?.read(), 'hunter3');
  assert.deepEqual(
    [config.scan.folders, config.metrics.accounts, config.expire],
    [null, 'nearFull', { schedule: '0 5 * * 0', maxPercent: 20 }],
  );
  assert.deepEqual(
    config.policies.map((policy) => [policy.name, policy.archive.to]),
    [['p', 'scratch']],
  );
  assert.deepEqual(config.holds, [
    {
      name: 'case-4711',
      accounts: { include: ['bob@*'], exclude: [] },
      match: { kind: 'header', name: 'from', globs: ['*@rival.example'] },
    },
  ]);
  assert.doesNotMatch(inspect(config, { depth: null, showHidden: true }) + JSON.stringify(config), /hunter/);
});

test('what is allowed but looks wrong is warned of', async (t) => {
  const directory = await directoryWith(t, {
    'mothball.yaml': withPolicies.replace('imap.example.com', 'imap.example.com, tls: none, insecure: true'),
    pw: 'x',
    'policies.yaml': `version: 1
policies:
  - { name: nobody, accounts: ["*@example.org"], match: { olderThan: 2y }, archive: { to: local } }
  - { name: rash, mode: enforce, match: { olderThan: 2y }, archive: { to: local }, delete: {}, limits: { maxPercent: 95 } }
  - { name: mirror, folders: ["role:all", "INBOX"], match: { olderThan: 2y }, archive: { to: local } }
holds:
  - { name: void, accounts: { include: ["alice@*"], exclude: ["*@example.com"] } }
`,
  });
  const { warnings } = await loadConfig(join(directory, 'mothball.yaml'), noSecrets);
  const expected = [
    /server "main": insecure: true sends passwords/,
    /policy "nobody": its account patterns match no account/,
    /policy "rash": limits.maxPercent 95/,
    /policy "mirror": role:all only mirrors/,
    /hold "void": its account patterns match no account/,
  ];
  assert.equal(warnings.length, expected.length, warnings.join('\n'));
  for (const [index, pattern] of expected.entries()) assert.match(warnings[index] ?? '', pattern);
});

test('the file is named by --config, else MOTHBALL_CONFIG, else the working directory', () => {
  assert.equal(findConfig('/c', 'a.yaml', { MOTHBALL_CONFIG: '/b.yaml' }), '/c/a.yaml');
  assert.equal(findConfig('/c', undefined, { MOTHBALL_CONFIG: '/b.yaml' }), '/b.yaml');
  assert.equal(findConfig('/c', undefined, { MOTHBALL_CONFIG: '' }), '/c/mothball.yaml');
});

test('a PostgreSQL database is encrypted and verified unless it is on this machine, and its password is hidden', async (t) => {
  const found = async (database: string): Promise<unknown> => {
    const main = `${smallest}\ndatabase: ${database}\n`;
    const directory = await directoryWith(t, { 'mothball.yaml': main, pw: 'hunter2\n' });
    const config = await loadConfig(join(directory, 'mothball.yaml'), noSecrets);
    assert.doesNotMatch(inspect(config, { depth: 20, showHidden: true }) + JSON.stringify(config), /canary/);
    assert.equal(config.spool.path, join(directory, 'spool'));
    const { database: made } = config;
    assert.ok(made.type === 'postgres');
    return { ...made, password: (await made.password?.read()) ?? null };
  };
  const usual = {
    type: 'postgres',
    user: 'moth',
    database: 'mail',
    port: 5432,
    poolSize: 10,
    statementTimeoutMs: 60_000,
  };
  assert.deepEqual(await found('postgres://moth:canary%2F1@db.example.com/mail'), {
    ...usual,
    host: 'db.example.com',
    password: 'canary/1',
    tls: { caFile: null },
  });
  assert.deepEqual(await found('postgresql://moth@%2Frun%2Fpostgresql:5433/mail'), {
    ...usual,
    host: '/run/postgresql',
    port: 5433,
    password: null,
    tls: null,
  });
  assert.deepEqual(
    await found(
      '{ url: "postgres://moth@127.0.0.1/mail", passwordFile: pw, poolSize: 3, statementTimeout: 2min }',
    ),
    { ...usual, host: '127.0.0.1', password: 'hunter2', tls: null, poolSize: 3, statementTimeoutMs: 120_000 },
  );
});
