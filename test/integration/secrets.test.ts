import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { startProxy } from '../fault/imap-proxy.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { makeSite, policy, said } from './installation.ts';

const canary = 'c4n4ry-5f3e9b';

test('a password is found nowhere: not in output, logs, JSON, database, archive or command lines', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  // The server knows only `secret`; the proxy lets the canary pass for it, in LOGIN and in PLAIN.
  const plain = (password: string): string => Buffer.from(`\0${user}\0${password}`).toString('base64');
  const user = 'alice@example.com';
  const proxy = await startProxy(dovecot, {
    onCommand: ({ text }) => ({
      send: `${text.replace(canary, 'secret').replace(plain(canary), plain('secret'))}\r\n`,
    }),
  });
  t.after(() => proxy.stop());
  await seedUser(dovecot, user, [note('old', 500), note('older', 700)]);
  const site = await makeSite({
    server: { port: proxy.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  await writeFile(join(site.dir, 'password'), canary);

  let printed = '';
  const commandLines: string[] = [];
  const commands = [
    'validate',
    'accounts --test',
    'quota',
    'plan',
    'run --yes',
    'archives',
    'search old',
    'holds',
    'verify',
  ];
  for (const command of commands) {
    for (const json of [[], ['--json']]) {
      const result = await site.runProcess([...command.split(' '), ...json], {
        onStart: ({ pid }) => commandLines.push(readFileSync(`/proc/${pid}/cmdline`, 'latin1')),
      });
      printed += said(result);
    }
  }
  assert.ok(
    proxy.commands.some(({ text }) => text.includes(canary) || text.includes(plain(canary))),
    'never logged in',
  );
  await writeFile(join(site.dir, 'password'), `${canary}-wrong`);
  const refused = await site.run(['run', '--yes']);
  assert.equal(refused.code, 1);
  printed += said(refused);
  assert.ok(!printed.includes(canary) && !printed.includes(plain(canary)), 'printed');
  assert.ok(!commandLines.join().includes(canary), 'on a command line');
  for (const name of readdirSync(site.dir, { recursive: true, encoding: 'utf8' })) {
    const path = join(site.dir, name);
    if (name === 'password' || !statSync(path).isFile()) continue;
    assert.ok(!readFileSync(path).includes(canary), `in ${name}`);
  }
});
