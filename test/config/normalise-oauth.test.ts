import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { directoryWith, noSecrets, problemsOf } from './files.ts';

/** A file with this `auth` of the server, and one account that uses it. */
const withAuth = (auth: string): string =>
  `version: 1\nservers:\n  main: { host: imap.example.com, auth: { type: oauth2, ${auth} } }\naccounts:\n  - { user: alice@example.com, server: main }\n`;

const faults: readonly (readonly [auth: string, problem: RegExp])[] = [
  ['', /servers\.main\.auth: needs exactly one of tokenFile, tokenEnv, tokenCommand, grant; found none/],
  ['grant: clientCredentials, tokenFile: pw', /needs exactly one of .*found tokenFile and grant/],
  ['grant: refreshtoken', /servers\.main\.auth\.grant: found "refreshtoken"; did you mean "refreshToken"\?/],
  ['tokenFile: pw, tenant: x', /auth\.tenant: is valid only with grant/],
  ['grant: clientCredentials, issuer: "https://x", clientId: a', /needs a clientSecret, or a certificate/],
  ['grant: refreshToken, issuer: "https://x", clientId: a', /needs refreshTokenFile or refreshTokenCommand/],
  ['grant: refreshToken, issuer: "https://x", refreshTokenFile: t', /grant: refreshToken needs clientId/],
  [
    'grant: refreshToken, clientId: a, refreshTokenFile: t',
    /needs provider: microsoft or google, an issuer, or/,
  ],
  [
    'grant: refreshToken, provider: microsoft, clientId: a, refreshTokenFile: t',
    /provider: microsoft needs tenant/,
  ],
  [
    'grant: refreshToken, issuer: "https://x", clientId: a, refreshTokenCommand: c',
    /refreshTokenCommand needs saveRefreshTokenCommand/,
  ],
  [
    'grant: serviceAccount, provider: microsoft, tenant: x, serviceAccountFile: pw',
    /serviceAccount needs provider: google/,
  ],
  [
    'grant: clientCredentials, provider: google, clientId: a, clientSecretFile: pw',
    /Google has no client credentials/,
  ],
  [
    'grant: refreshToken, issuer: "http://id.example.com", clientId: a, refreshTokenFile: t',
    /auth\.issuer: must begin with https:\/\/; http:\/\/ is possible only on loopback/,
  ],
  [
    'grant: refreshToken, tokenUrl: "https://me:hunter2@x/t", clientId: a, refreshTokenFile: t',
    /auth\.tokenUrl: must hold no user and no password/,
  ],
  [
    'grant: clientCredentials, issuer: "https://x", clientId: a, clientSecretFile: no',
    /clientSecretFile: the secret file no does not exist/,
  ],
];

for (const [auth, problem] of faults) {
  test(`is a problem at its place: ${auth === '' ? 'no way to get a token' : auth}`, async (t) => {
    const problems = await problemsOf(t, { 'mothball.yaml': withAuth(auth) });
    assert.match(problems.join('\n'), problem);
    assert.doesNotMatch(problems.join('\n'), /hunter2/);
  });
}

const several = `version: 1
servers:
  office:
    host: outlook.office365.com
    quota: 50GB
    auth: { type: oauth2, provider: microsoft, grant: refreshToken, tenant: contoso.example, clientId: a, refreshTokenFile: "tokens/{user}" }
  exchange:
    host: mail.example.com
    tls: { mode: starttls, servername: other.example, fingerprint: "SHA256 Fingerprint=${'AB:'.repeat(31)}CD" }
    maxConnections: 7
    profile: exchange
accounts:
  - { users: [alice@example.com, ../x, .hidden], server: office }
  - { user: bob@example.com, server: office, quota: 1GiB, passwordFile: pw }
  - { user: "carol@example.com", server: exchange, auth: { type: password, login: 'DOM/mothball/{local}', passwordFile: pw } }
`;

test('the auth of a server counts for its accounts without one, each with its own file, inside the directory', async (t) => {
  const directory = await directoryWith(t, { 'mothball.yaml': several, pw: 'x\n' });
  const { accounts, warnings } = await loadConfig(join(directory, 'mothball.yaml'), noSecrets);
  const tokens = accounts.flatMap(({ auth }) =>
    auth.type === 'grant' && auth.config.grant.kind === 'refreshToken' ? auth.config.grant.token.key : [],
  );
  assert.deepEqual(
    tokens,
    ['alice@example.com', '..%2Fx', '%2Ehidden'].map((name) =>
      join(directory, 'tokens', name === '..%2Fx' ? '%2E.%2Fx' : name),
    ),
  );
  assert.deepEqual(
    accounts.map(({ auth, quotaBytes }) => [auth.type, auth.user, quotaBytes]),
    [
      ['grant', 'alice@example.com', 50e9],
      ['grant', '../x', 50e9],
      ['grant', '.hidden', 50e9],
      ['password', 'bob@example.com', 1024 ** 3],
      ['password', 'DOM/mothball/carol', null],
    ],
  );
  // Nobody has signed in yet: that is no reason to refuse the configuration.
  assert.match(
    warnings.join('\n'),
    /alice@example\.com does not exist\. Sign in with `mothball login alice@example\.com`/,
  );
});

test('profiles give defaults, what the file says counts before, and a fingerprint is taken in any spelling', async (t) => {
  const directory = await directoryWith(t, { 'mothball.yaml': several, pw: 'x\n' });
  const { servers } = await loadConfig(join(directory, 'mothball.yaml'), noSecrets);
  const office = servers.get('office') ?? assert.fail();
  assert.deepEqual(
    [office.profile?.name, office.maxConnections, office.connectAttempts],
    ['microsoft365', 4, 5],
  );
  const exchange = servers.get('exchange') ?? assert.fail();
  assert.deepEqual(
    [exchange.profile?.name, exchange.maxConnections, exchange.tls],
    ['exchange', 7, 'starttls'],
  );
  assert.deepEqual(
    [exchange.servername, exchange.fingerprints, exchange.port],
    ['other.example', [`${'ab'.repeat(31)}cd`], 143],
  );
});

test('a pin beside a caFile, a pin without TLS and a short pin are problems', async (t) => {
  const server = (keys: string): string =>
    `version: 1\nservers:\n  main: { host: imap.example.com, ${keys} }\naccounts:\n  - { user: a, server: main, passwordFile: pw }\n`;
  const pin = 'a'.repeat(64);
  const cases: readonly (readonly [string, RegExp])[] = [
    [`caFile: pw, tls: { fingerprint: ${pin} }`, /caFile: and tls\.fingerprint exclude each other/],
    [`insecure: true, tls: { mode: none, fingerprint: ${pin} }`, /servername and fingerprint need TLS/],
    ['tls: { fingerprint: "abcd" }', /64 hexadecimal digits/],
    ['tls: { fingerprnt: x }', /unknown key "fingerprnt"; did you mean "fingerprint"\?/],
  ];
  for (const [keys, problem] of cases)
    assert.match((await problemsOf(t, { 'mothball.yaml': server(keys) })).join('\n'), problem, keys);
});
