import assert from 'node:assert/strict';
import test from 'node:test';
import { mailbox } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { selectByRule } from '../oracle/selection.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { type ProxiedCommand, startProxy } from './imap-proxy.ts';

/** SAFETY I2: what may change a mailbox, and in which words. */
const mutating: Readonly<Record<string, RegExp>> = {
  'UID STORE': /^[\d,:]+ (\(UNCHANGEDSINCE \d+\) )?[+-]FLAGS\.SILENT \((\\Deleted|[$\w-]+)\)$/i,
  'UID EXPUNGE': /^[\d,:]+$/,
  'UID MOVE': /^[\d,:]+ \S+$/,
  APPEND: /./,
  CREATE: /./,
  SUBSCRIBE: /./,
};
const harmless = new Set(
  (
    'CAPABILITY ID NOOP LOGIN AUTHENTICATE STARTTLS ENABLE NAMESPACE LIST LSUB XLIST STATUS EXAMINE SELECT UNSELECT SEARCH ' +
    'FETCH LOGOUT GETQUOTA GETQUOTAROOT IDLE COMPRESS'
  )
    .split(' ')
    .concat(['UID SEARCH', 'UID FETCH', '']),
);

test('on the wire there are only explicit UIDs of selected mail, and no plain EXPUNGE or CLOSE', async (t) => {
  const dovecot = await startDovecot();
  t.after(() => dovecot.stop());
  const proxy = await startProxy(dovecot);
  t.after(() => proxy.stop());
  const user = 'alice@example.com';
  await seedUser(
    dovecot,
    user,
    mailbox({ seed: 5, count: 1_300, meanSize: 1_500, folders: ['INBOX', 'R&D'] }),
  );
  const site = await makeSite({
    server: { port: proxy.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  const full = await snapshot(dovecot, user);
  const selected = selectByRule(full, { olderThanDays: 365 }, new Date());

  assertExit(await site.run(['plan']), 0);
  assertExit(await site.run(['quota']), 0);
  assert.ok(
    proxy.commands.every(({ name }) => harmless.has(name) && name !== 'SELECT'),
    'plan and quota only look',
  );
  assertExit(await site.run(['run', '--yes']), 0);
  const allowed = new Map(
    ['INBOX', 'R&D'].map((folder) => [
      folder,
      new Set(selected.filter((message) => message.folder === folder).map(({ uid }) => uid)),
    ]),
  );
  const folders = new Map<number, string>();
  let expunged = 0;
  for (const command of proxy.commands) {
    follow(folders, command);
    const shape = mutating[command.name];
    assert.ok(shape !== undefined || harmless.has(command.name), command.text);
    if (shape === undefined) continue;
    assert.match(command.rest, shape);
    const uids = uidsOf(command.rest.split(' ')[0] ?? '');
    const mine = allowed.get(folders.get(command.connection) ?? '');
    assert.deepEqual(
      uids.filter((uid) => mine?.has(uid) !== true),
      [],
      command.text.slice(0, 200),
    );
    assert.ok(uids.length <= 500, `${uids.length} UIDs at once`);
    if (command.name === 'UID EXPUNGE') expunged += uids.length;
  }
  assert.equal(expunged, selected.length);
});

/** Which folder each connection has open. */
function follow(folders: Map<number, string>, { name, rest, connection }: ProxiedCommand): void {
  if (name !== 'SELECT' && name !== 'EXAMINE') return;
  folders.set(connection, /R&-D/.test(rest) ? 'R&D' : /^"?INBOX"?/i.test(rest) ? 'INBOX' : rest);
}

function uidsOf(set: string): readonly number[] {
  return set.split(',').flatMap((range) => {
    const [low = Number.NaN, high = low] = range.split(':').map(Number);
    return Array.from({ length: high - low + 1 }, (_, index) => low + index);
  });
}
