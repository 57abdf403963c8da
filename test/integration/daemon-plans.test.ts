/** Policies in plan mode are planned by the daemon, which changes nothing on the server. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { startDaemon, until } from './daemon.ts';
import { makeSite, policy } from './installation.ts';

test('a daemon plans what policies in plan mode would do, and stores the result', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  await seedUser(dovecot, 'alice@example.com', [note('old', 500), note('older', 600), note('young', 3)]);
  await seedUser(dovecot, 'bob@example.com', [note('young', 3)]);
  const changing: string[] = [];
  const proxy = await startProxy(dovecot, {
    onCommand({ name }) {
      if (/^(?:SELECT|STORE|APPEND|EXPUNGE|MOVE|COPY|CREATE|UID (?:STORE|EXPUNGE|MOVE|COPY))$/.test(name))
        changing.push(name);
      return 'pass';
    },
  });
  t.after(() => proxy.stop());
  const site = await makeSite({
    server: { port: proxy.port },
    users: ['alice@example.com', 'bob@example.com'],
    policies: [
      policy('look', 365, { mode: 'plan', schedule: '0 0 1 1 *' }),
      policy('act', 365, { accounts: ['bob@*'], schedule: '0 0 1 1 *' }),
    ],
  });
  t.after(() => site.remove());
  const plans = (): readonly unknown[] => {
    using database = new DatabaseSync(site.database, { readOnly: true });
    const rows = database.prepare(
      'SELECT policy, account, messages, bytes > 0 AS some, error FROM stored_plans ORDER BY account',
    );
    const done = database.prepare("SELECT 1 FROM done WHERE job = 'plan'").get() !== undefined;
    return done ? rows.all().map((row) => Object.values(row)) : [];
  };
  const daemon = await startDaemon(site);
  t.after(() => daemon.stop());
  await until(async () => plans().length > 0);
  assert.deepEqual(plans(), [
    ['look', 'alice@example.com', 2, 1, null],
    ['look', 'bob@example.com', 0, 0, null],
  ]);
  const { jobs } = await site.json<{ readonly jobs: readonly { readonly job: string }[] }>(['status']);
  assert.ok(jobs.some(({ job }) => job === 'plan'));
  assert.deepEqual(changing, []);
  assert.equal(await daemon.stop(), 143);
});
