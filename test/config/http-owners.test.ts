/** `http.owners` lets strangers in, with passwords: what it needs beside it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { directoryWith, noSecrets, problemsOf, smallest } from './files.ts';
import { loadConfig } from '../../src/config/load.ts';
import { join } from 'node:path';

const metrics = 'metrics: { auth: { tokenFile: ./pw } }';
const auth = `auth: { tokenFile: ./pw }, ${metrics}`;
const proxies = 'trustedProxies: [10.0.0.0/8]';

for (const [what, http, problem] of [
  [
    'without a token for the page',
    `listen: "127.0.0.1:1", ${metrics}`,
    /http\.owners: .*so the page itself needs a token/,
  ],
  [
    'without a page',
    `listen: "127.0.0.1:1", page: false, ${auth}`,
    /http\.owners: owners: true needs page: true/,
  ],
  [
    'with metrics for everyone',
    'listen: "127.0.0.1:1", auth: { tokenFile: ./pw }',
    /http\.owners: .*\/metrics names accounts and folders: add http\.metrics/,
  ],
  ['in the clear', `listen: "0.0.0.0:1", ${auth}`, /http\.owners: .*must not travel in the clear: add tls/],
] as const)
  test(`owners ${what} is a problem`, async (t) => {
    const text = `${smallest}http: { owners: true, ${http} }\n`;
    const problems = await problemsOf(t, { 'mothball.yaml': text });
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });

test('owners on loopback or behind a named proxy is fine, and disabled unless asked for', async (t) => {
  for (const [http, owners] of [
    [`listen: "127.0.0.1:1", owners: true, ${auth}`, true],
    [`listen: "0.0.0.0:1", owners: true, ${auth}, ${proxies}`, true],
    [
      `listen: "127.0.0.1:1", owners: true, auth: { tokenFile: ./pw }, metrics: { listen: "127.0.0.1:2" }`,
      true,
    ],
    [`listen: "0.0.0.0:1", auth: { tokenFile: ./pw }`, false],
  ] as const) {
    const files = { 'mothball.yaml': `${smallest}http: { ${http} }\n`, pw: 'a password' };
    const config = await loadConfig(join(await directoryWith(t, files), 'mothball.yaml'), noSecrets);
    assert.equal(config.http?.owners, owners, http);
  }
});
