import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/errors.ts';
import { directoryWith, noSecrets, policyFile, problemsOf, smallest, withPolicies } from './files.ts';

/** The smallest file with one part replaced: one problem is expected, at this place. */
const oneProblem: readonly (readonly [what: string, from: string, to: string, problem: RegExp])[] = [
  [
    'an unknown key',
    'version: 1',
    'version: 1\nserver: {}',
    /^mothball.yaml:2:1: server: unknown key "server"; did you mean "servers"\? allowed: version, servers/,
  ],
  ['another version', 'version: 1', 'version: 2', /^mothball.yaml:1:10: version: found 2; allowed: 1$/],
  [
    'a missing host',
    'host: imap.example.com',
    'port: 993',
    /^mothball.yaml:3:9: servers.main.host: is missing; text is required$/,
  ],
  ['a host with a space', 'imap.example.com', '"imap example"', /servers.main.host: must be a host name/],
  [
    'an unknown tls word',
    'imap.example.com',
    'imap.example.com, tls: startls',
    /servers.main.tls: found "startls"; did you mean "starttls"\?/,
  ],
  [
    'plaintext beyond loopback',
    'imap.example.com',
    'imap.example.com, tls: none',
    /mothball.yaml:3:40: servers.main.tls: tls: none sends passwords/,
  ],
  [
    'insecure without tls: none',
    'imap.example.com',
    'imap.example.com, insecure: true',
    /mothball.yaml:3:35: servers.main.insecure: is valid only with tls: none/,
  ],
  [
    'a port out of range',
    'imap.example.com',
    'imap.example.com, port: 70000',
    /servers.main.port: must be at most 65535/,
  ],
  [
    'a time-out without unit',
    'imap.example.com',
    'imap.example.com, commandTimeout: 60',
    /commandTimeout: must be text such as "60s"/,
  ],
  [
    'a key of doveadm in the clear',
    'imap.example.com',
    'imap.example.com, doveadm: { url: "http://imap.example.com:8080/", passwordFile: x }',
    /servers.main.doveadm.url: must be a URL that begins with https: and holds no password/,
  ],
  [
    'a doveadm without a key',
    'imap.example.com',
    'imap.example.com, doveadm: { url: "https://imap.example.com/" }',
    /servers.main.doveadm: needs exactly one of passwordFile, passwordEnv, passwordCommand; found none/,
  ],
  [
    'an unknown server',
    'server: main',
    'server: mian',
    /^mothball.yaml:5:40: accounts\[0\].server: unknown server "mian"; did you mean "main"\? allowed: main$/,
  ],
  [
    'a user with a line end',
    'user: alice@example.com',
    'user: "alice\\r\\nLOGOUT"',
    /accounts\[0\].user: must be one line/,
  ],
  [
    'two users keys',
    'user: alice@example.com',
    'user: a, users: [b]',
    /accounts\[0\]: needs exactly one of user, users; found user and users/,
  ],
  [
    'no password',
    ', passwordFile: pw',
    '',
    /accounts\[0\]: needs exactly one of passwordFile, passwordEnv, passwordCommand, auth; found none/,
  ],
  [
    'an unknown login type',
    'passwordFile: pw',
    'auth: { type: oauth, tokenEnv: X }',
    /accounts\[0\].auth.type: found "oauth"; did you mean "oauth2"\?/,
  ],
  [
    'a token without source',
    'passwordFile: pw',
    'auth: { type: oauth2 }',
    /accounts\[0\].auth: needs exactly one of tokenFile, tokenEnv, tokenCommand/,
  ],
  [
    'a missing secret file',
    'passwordFile: pw',
    'passwordFile: no',
    /^mothball.yaml:5:60: accounts\[0\].passwordFile: the secret file no does not exist\. Create it/,
  ],
  [
    'an unset variable',
    'passwordFile: pw',
    'passwordEnv: PW',
    /^mothball.yaml:5:59: accounts\[0\].passwordEnv: the environment variable PW is not set/,
  ],
  [
    'no accounts',
    '  - { user: alice@example.com, server: main, passwordFile: pw }',
    '  []',
    /accounts: must have at least one entry/,
  ],
  [
    'an account twice',
    'user: alice@example.com',
    'users: [a@x, b@x, a@x]',
    /^mothball.yaml:5:25: accounts\[0\].users\[2\]: the account "a@x" on server "main" is listed already/,
  ],
  [
    'an unknown s3 key',
    'version: 1',
    'version: 1\nstores: { a: { type: local, path: a }, cold: { type: s3, bucket: abc, buckt: x } }',
    /stores.cold.buckt: unknown key "buckt"; did you mean "bucket"\?/,
  ],
  [
    'one directory for two stores',
    'version: 1',
    'version: 1\nstores: { a: { type: local, path: x }, b: { type: local, path: ./x/ } }',
    /stores.b.path: store "a" already uses this directory/,
  ],
  [
    'a name that is no label',
    'version: 1',
    'version: 1\nstores: { "a b": { type: local, path: x } }',
    /^mothball.yaml:2:11: stores."a b": must start with a letter or digit/,
  ],
  [
    'a page for everyone',
    'version: 1',
    'version: 1\nhttp: { listen: "0.0.0.0:9310" }',
    /^mothball.yaml:2:17: http.listen: anyone who reaches this address/,
  ],
  [
    'mail without its token',
    'version: 1',
    'version: 1\nhttp: { listen: "127.0.0.1:9310", mail: true }',
    /http.mail: mail: true needs a token of its own/,
  ],
  [
    'a faulty schedule',
    'version: 1',
    'version: 1\nscan: { schedule: "*/15 * * *" }',
    /scan.schedule: found "\*\/15 \* \* \*", not a schedule: expected five fields/,
  ],
  [
    'a glob without a file',
    'version: 1',
    'version: 1\npolicies: [nothing/*.yaml]',
    /^mothball.yaml:2:12: policies\[0\]: no file matches/,
  ],
];

for (const [what, from, to, problem] of oneProblem) {
  test(`${what} is a problem at its place`, async (t) => {
    assert.ok(smallest.includes(from));
    const problems = await problemsOf(t, { 'mothball.yaml': smallest.replace(from, to) });
    assert.match(problems[0] ?? '', problem);
    assert.doesNotMatch(problems.join('\n'), /hunter/);
    assert.equal(problems.length, 1, problems.join('\n'));
  });
}

test('metrics and probes alone may be served to everyone', async (t) => {
  const yaml = `${smallest}http: { listen: "0.0.0.0:9310", page: false }\n`;
  assert.deepEqual(await problemsOf(t, { 'mothball.yaml': yaml }), []);
});

test('a world-readable secret names file, line and key, and not the value', async (t) => {
  const directory = await directoryWith(t, { 'mothball.yaml': smallest, pw: 'hunter2' });
  await chmod(join(directory, 'pw'), 0o644);
  await assert.rejects(loadConfig(join(directory, 'mothball.yaml'), noSecrets), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(
      error.message,
      /mothball.yaml:5:60: accounts\[0\].passwordFile: .*pw can be read by everyone/,
    );
    return !error.message.includes('hunter2');
  });
});

test('a missing configuration says how to get one', async (t) => {
  const directory = await directoryWith(t, {});
  await assert.rejects(
    loadConfig(join(directory, 'mothball.yaml'), noSecrets),
    /there is no such file; write one with `mothball init`/,
  );
});

test('a file that is no mapping is told so', async (t) => {
  assert.deepEqual(await problemsOf(t, { 'mothball.yaml': '' }), [
    'mothball.yaml:1:1: must be a mapping, found nothing',
  ]);
  assert.deepEqual(await problemsOf(t, { 'mothball.yaml': '- a' }), [
    'mothball.yaml:1:1: must be a mapping, found a list',
  ]);
});

test('all problems of all files come at once, in the order of the lines', async (t) => {
  const problems = await problemsOf(t, {
    'mothball.yaml': withPolicies.replace('server: main', 'server: x').replace('host:', 'hots: a, host:'),
    'policies.yaml': policyFile(
      'match: { olderThen: 2y, olderThan: 0d }\narchive: { to: local }\nmood: plan',
    ),
  });
  assert.deepEqual(
    problems.map((problem) => problem.split(': ', 2).join(': ')),
    [
      'mothball.yaml:3:11: servers.main.hots',
      'mothball.yaml:5:40: accounts[0].server',
      'policies.yaml:4:14: policies[0].match.olderThen',
      'policies.yaml:4:40: policies[0].match.olderThan',
      'policies.yaml:6:5: policies[0].mood',
    ],
  );
});

test('the syntax faults of one policy file do not hide the problems of another', async (t) => {
  const problems = await problemsOf(t, {
    'mothball.yaml': smallest + 'policies: [a.yaml, b.yaml]\n',
    'a.yaml': 'version: 1\nversion: 1\n',
    'b.yaml': 'version: 3\n',
  });
  assert.deepEqual(problems, [
    'a.yaml:2:1: this key is there already; each key may occur once in a mapping',
    'b.yaml:1:10: version: found 3; allowed: 1',
  ]);
});
