/** Reading a batch: what is kept, what is read twice, what is quarantined. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { fetchBatch } from '../../src/archive/fetch.ts';
import { bytes, uid } from '../../src/domain/brands.ts';
import { Ledger } from '../../src/work/ledger.ts';
import { batch } from '../contract/catalog-samples.ts';
import { inbox } from '../purge/purge-world.ts';
import { octetsOf } from '../servers/scripted-fetch.ts';
import type { Exchange } from '../servers/scripted-imap.ts';
import { literalItem } from '../servers/scripted-imap.ts';
import { inSet } from '../servers/scripted-parse.ts';
import { type ScriptedMessage, scriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, accountWorld, usual } from '../work/account-world.ts';

const three = (): ScriptedMessage[] => [1, 2, 3].map((number) => scriptedMessage(number));

interface Fetched {
  /** UIDs in the archive, with `?` where the server got the size wrong; null: no archive. */
  readonly kept: readonly string[] | null;
  /** UIDs under quarantine, with the reason. */
  readonly quarantined: readonly string[];
  readonly notices: readonly string[];
}

/** Fetches UIDs 1 to 3, with the sizes that the server reports before. */
async function fetched(world: AccountWorld): Promise<Fetched> {
  const ledger = new Ledger();
  const place = { ...world.account, mailboxId: null };
  const wanted = [1, 2, 3].map((number) => {
    const there = inbox(world).messages.find((message) => message.uid === number) ?? scriptedMessage(number);
    const size = bytes(there.size ?? octetsOf(there).length);
    const internalDate = new Date('2020-01-01T10:00:00Z');
    return { uid: uid(number), size, internalDate, flags: [], emailId: null };
  });
  const kept = await world.locked(async (work) => {
    const found = await fetchBatch(work, batch('key-1', place), wanted, ledger);
    if (found === null) return { lines: null };
    const { writer } = found;
    const { messages } = await writer.finish();
    await writer.abort();
    return { lines: messages.map((line) => `${line.uid}${line.sizeMismatch ? '?' : ''}`) };
  });
  const quarantined = await world.catalog.quarantineList();
  return {
    kept: kept.lines,
    quarantined: quarantined.map((entry) => `${entry.uid} ${entry.reason}`),
    notices: ledger.report(usual, world.account).notices,
  };
}

/** Sends bodies as `change` makes them, and leaves the rest of FETCH as it is. */
function bodies(
  world: AccountWorld,
  change: (message: ScriptedMessage, exchange: Exchange) => Buffer | 'cut',
): void {
  world.hooks['UID FETCH'] = (exchange) => {
    const set = exchange.args[0];
    if (typeof set !== 'string' || !JSON.stringify(exchange.args).includes('BODY.PEEK[]'))
      return exchange.answer();
    for (const message of inbox(world).messages.filter((one) => inSet(set, one.uid))) {
      const body = change(message, exchange);
      if (body === 'cut') return exchange.cut();
      const item = literalItem('BODY[]', body);
      exchange.send(
        Buffer.concat([
          Buffer.from(`* ${message.uid} FETCH (UID ${message.uid} `),
          item,
          Buffer.from(')\r\n'),
        ]),
      );
    }
    return exchange.ok();
  };
}

const world = (t: Parameters<typeof accountWorld>[0], messages = three()): Promise<AccountWorld> =>
  accountWorld(t, { folders: { INBOX: { messages } } });

test('every message of the batch is in the archive, in the order of the batch', async (t) => {
  assert.deepEqual(await fetched(await world(t)), { kept: ['1', '2', '3'], quarantined: [], notices: [] });
});

test('a message that vanished is left out, and nobody is blamed', async (t) => {
  const made = await world(t);
  inbox(made).messages.splice(1, 1);
  assert.deepEqual(await fetched(made), { kept: ['1', '3'], quarantined: [], notices: [] });
});

test('where no message is left there is no archive', async (t) => {
  const made = await world(t);
  inbox(made).messages.splice(0);
  assert.equal((await fetched(made)).kept, null);
});

test('in a folder that is another one now no message is read', async (t) => {
  const made = await world(t);
  inbox(made).uidValidity = 8;
  assert.equal((await fetched(made)).kept, null);
  assert.ok(!made.server.log.some((line) => line.includes('BODY.PEEK[]')));
});

test('a message of another length than announced is kept, and marked, when two reads are equal', async (t) => {
  const messages = three();
  messages[1] = scriptedMessage(2, { size: 10 });
  const { kept, quarantined } = await fetched(await world(t, messages));
  assert.deepEqual([kept, quarantined], [['1', '3', '2?'], []]);
});

test('a message that comes differently each time is quarantined, and the others are kept', async (t) => {
  const made = await world(t);
  let reads = 0;
  bodies(made, (message) =>
    message.uid === 2 ? Buffer.from('x'.repeat(20 + (reads += 1))) : octetsOf(message),
  );
  const { kept, quarantined, notices } = await fetched(made);
  assert.deepEqual(kept, ['1', '3']);
  assert.match(
    quarantined.join(),
    /^2 the server delivers it differently each time \(RFC822.SIZE \d+, read 22 /,
  );
  assert.match(notices.join(), /^"INBOX" UID 2 is quarantined: kept, not archived and never deleted/);
});

test('a placeholder in the place of a message is quarantined, however often it comes', async (t) => {
  const made = await world(t);
  const text = 'Subject: Retrieval using the IMAP4 protocol failed for the following message: 2\r\n\r\n';
  bodies(made, (message) => (message.uid === 2 ? Buffer.from(text) : octetsOf(message)));
  const { kept, quarantined } = await fetched(made);
  assert.deepEqual(kept, ['1', '3']);
  assert.deepEqual(quarantined, ['2 the server delivered a placeholder instead of the message']);
});

test('a message at which the connection ended once is read again on a new one', async (t) => {
  const made = await world(t);
  let cuts = 0;
  bodies(made, (message) => (message.uid === 2 && (cuts += 1) === 1 ? 'cut' : octetsOf(message)));
  assert.deepEqual(await fetched(made), { kept: ['1', '2', '3'], quarantined: [], notices: [] });
});

test('a message at which the connection ended twice is quarantined when another one can be read', async (t) => {
  const made = await world(t);
  bodies(made, (message) => (message.uid === 2 ? 'cut' : octetsOf(message)));
  const { kept, quarantined } = await fetched(made);
  assert.deepEqual(kept, ['1', '3']);
  assert.deepEqual(quarantined, ['2 the connection ended twice while this message was read']);
});

test('a server that ends every connection blames no message', async (t) => {
  const made = await world(t);
  bodies(made, () => 'cut');
  await assert.rejects(fetched(made), { code: 'connect' });
  assert.deepEqual(await made.catalog.quarantineList(), []);
});

test('work that was stopped reads no further', async (t) => {
  const made = await world(t);
  made.stop.abort(new Error('stopped'));
  await assert.rejects(fetched(made), /stopped/);
});
