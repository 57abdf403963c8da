/** Servers that do not bear a second FETCH before the first one is answered (SAFETY I8). */
import assert from 'node:assert/strict';
import test from 'node:test';
import { bodyDigests } from '../../src/work/body-digests.ts';
import { bytes, uid } from '../../src/domain/brands.ts';
import { archiveMail, recorded } from '../purge/purge-world.ts';
import type { Exchange, Hook } from '../servers/scripted-types.ts';
import { scriptedMessage } from '../servers/scripted-types.ts';
import { accountWorld, usual } from '../work/account-world.ts';

const count = 1100;
const messages = Array.from({ length: count }, (_, index) => scriptedMessage(index + 1));

/** Answers after a while, and ends the connection over a command that comes before that. */
function oneAtATime(log: string[]): Hook {
  let busy: Exchange | null = null;
  return (exchange) => {
    log.push(String(exchange.args[0]));
    if (!JSON.stringify(exchange.args).includes('BODY.PEEK[]')) return exchange.answer();
    if (busy !== null) {
      busy = null;
      return exchange.cut();
    }
    busy = exchange;
    setTimeout(() => {
      if (busy !== exchange) return;
      busy = null;
      exchange.answer();
    }, 300);
    return undefined;
  };
}

test('such a server costs one connection, no message is asked for alone, and none is blamed', async (t) => {
  const log: string[] = [];
  const world = await accountWorld(t, { folders: { INBOX: { messages } } });
  world.hooks['UID FETCH'] = oneAtATime(log);
  await archiveMail(world, usual);
  assert.equal((await recorded(world)).filter((line) => line.includes('pending')).length, count);
  assert.deepEqual(await world.catalog.quarantineList(), []);
  assert.deepEqual(
    log.filter((set) => /^\d+$/.test(set)),
    [],
  );
  const logins = world.server.log.filter((line) => /^(LOGIN|AUTHENTICATE)/.test(line)).length;
  assert.equal(logins, 2);
});

test('the connection of the account remembers it, for every FETCH of bodies that follows', async (t) => {
  const world = await accountWorld(t, { folders: { INBOX: { messages } } });
  world.hooks['UID FETCH'] = oneAtATime([]);
  await world.locked(async ({ connection }) => {
    const wanted = messages.map(({ uid: number }) => ({ uid: uid(number), size: bytes(20) }));
    const first = await connection.session();
    await first.examine('INBOX');
    await assert.rejects(bodyDigests(first, wanted), { code: 'connect' });
    await connection.drop();
    const second = await connection.session();
    await second.examine('INBOX');
    assert.equal((await bodyDigests(second, wanted)).size, count);
  });
});
