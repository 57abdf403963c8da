import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { startDaemon } from './daemon.ts';
import { assertSilent, encryptedStore, keyPair, makeEncryptedSite } from './encrypted-site.ts';
import { assertExit, policy } from './installation.ts';

test('a daemon says that it can not decrypt what it is asked for, and has no use for an identity', async (t) => {
  const [dovecot, keys] = [await startDovecot(), keyPair()];
  t.after(async () => {
    keys.remove();
    await dovecot.stop();
  });
  const user = 'watched@example.com';
  await seedUser(dovecot, user, [note('one', 500), note('young', 3)]);
  const token = 'mail-token-0123456789abcdef0123456789';
  const site = await makeEncryptedSite(
    {
      server: { port: dovecot.port },
      users: [user],
      policies: [policy('old', 365, { schedule: '0 3 * * *' })],
      extra: {
        ...encryptedStore(keys.recipient),
        http: {
          listen: '127.0.0.1:0',
          auth: { tokenFile: './token', mailTokenFile: './mail-token' },
          mail: true,
        },
      },
    },
    keys,
  );
  t.after(() => site.remove());
  await writeFile(join(site.dir, 'token'), 'page-token-0123456789abcdef0123456789', { mode: 0o600 });
  await writeFile(join(site.dir, 'mail-token'), token, { mode: 0o600 });
  assertExit(await site.run(['run', '--yes']), 3);
  const id = `${site.archives()[0]?.head.id}/0`;

  const daemon = await startDaemon(site, { env: { MOTHBALL_IDENTITY: keys.identity } });
  t.after(() => daemon.stop());
  const { port } = await daemon.line(/^web server listens$/);
  const answer = await fetch(`http://127.0.0.1:${String(port)}/api/v1/messages/${id}/raw`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const text = await answer.text();
  assert.equal(answer.status, 403, text);
  assert.match(text, /encrypted.*mothball show [0-9a-f]{12}\/0 --identity FILE/);
  assertSilent(text + JSON.stringify(daemon.lines), keys);
});
