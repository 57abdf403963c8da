import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { startDovecot } from '../servers/dovecot.ts';
import { startTokenEndpoint } from '../servers/token-endpoint.ts';
import { assertExit, makeSite, policy } from './installation.ts';

test('a provider that is down costs the accounts that need it, and is not taken for a mail server that is', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const endpoint = await startTokenEndpoint(() => ({ status: 503, text: 'maintenance' }));
  t.after(() => endpoint.stop());
  const auth = (user: string): Readonly<Record<string, unknown>> => ({
    user,
    server: 'main',
    auth: {
      type: 'oauth2',
      grant: 'clientCredentials',
      tokenUrl: endpoint.url,
      clientId: user,
      clientSecretFile: './password',
    },
  });
  const site = await makeSite({
    server: { port: dovecot.port, connectAttempts: 2 },
    accounts: [
      ...['one', 'two', 'three'].map(auth),
      { user: 'four', server: 'main', passwordFile: './password' },
    ],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  await writeFile(join(site.dir, 'metrics.prom'), '');
  const run = await site.run(['run', '--yes', '--metrics-file', 'metrics.prom', '--json']);
  assertExit(run, 3);
  for (const user of ['one', 'two', 'three'])
    assert.match(run.stdout, new RegExp(`main/${user}: no token from the provider: .* status 503`));
  assert.doesNotMatch(run.stdout, /main\/four|is skipped/);
  // Each is tried as often as a connection.
  assert.equal(endpoint.calls.length, 6);
});
