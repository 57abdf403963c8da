import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'node:test';
import { bytes, uid, type Uid } from '../../src/domain/brands.ts';
import type { MailSession } from '../../src/ports/mail.ts';
import { all } from '../contract/mail-world.ts';
import { type Hook, scriptedMessage } from '../servers/scripted-imap.ts';
import { withScripted } from './scripted.ts';

function answering(text: () => string): { readonly 'UID FETCH': Hook } {
  return {
    'UID FETCH': (exchange) => {
      exchange.send(text());
      exchange.ok();
    },
  };
}

function uidsTo(count: number): readonly Uid[] {
  return Array.from({ length: count }, (_, index) => uid(index + 1));
}

/** A body as a literal, which is taken at once, or as a quoted string, which the library parses. */
function body(number: number): string {
  const item = number % 3 === 0 ? '"abc"' : '{3}\r\nabc';
  return `* ${number} FETCH (UID ${number} BODY[] ${item})\r\n`;
}

async function readBodies(
  session: MailSession,
  uids: readonly Uid[],
  sink: (number: Uid) => Promise<void> | void,
): Promise<void> {
  await session.examine('INBOX');
  await session.fetchBodies(
    uids.map((number) => ({ uid: number, size: bytes(3) })),
    (event) => sink(event.uid),
  );
}

test('plain rows and others are handed over in the order in which they came', async () => {
  const uids = uidsTo(400);
  const hooks = answering(() => uids.map(body).join(''));
  await withScripted({ folders: { INBOX: { messages: [scriptedMessage(1)] } }, hooks }, async (session) => {
    const seen: Uid[] = [];
    await readBodies(session, uids, async (number) => {
      if (number % 7 === 0) await turn();
      seen.push(number);
    });
    assert.deepEqual(seen, uids);
  });
});

test('the next row waits until the one before it is done with', async () => {
  const uids = uidsTo(30);
  const hooks = answering(() => uids.map(body).join(''));
  await withScripted({ folders: { INBOX: { messages: [scriptedMessage(1)] } }, hooks }, async (session) => {
    let atWork = 0;
    let most = 0;
    await readBodies(session, uids, async () => {
      atWork += 1;
      most = Math.max(most, atWork);
      await turn();
      atWork -= 1;
    });
    assert.equal(most, 1);
  });
});

test('what a sink throws ends the reading, and the session still answers', async () => {
  const uids = uidsTo(30);
  const hooks = answering(() => uids.map(body).join(''));
  await withScripted({ folders: { INBOX: { messages: [scriptedMessage(1)] } }, hooks }, async (session) => {
    for (const waits of [false, true]) {
      const reading = readBodies(session, uids, async (number) => {
        if (waits) await turn();
        if (number === 5) throw new Error('the sink is full');
      });
      await assert.rejects(reading, /the sink is full/);
      assert.ok((await session.folders()).length > 0);
    }
  });
});

test('other work gets its turns while thousands of rows are read', async () => {
  const uids = uidsTo(1000);
  const rows = uids.map((number) => `* ${number} FETCH (UID ${number} FLAGS () RFC822.SIZE 3)\r\n`).join('');
  // The same rows again and again, as a server sends them whose mailbox changes all the time.
  const hooks = answering(() => rows.repeat(20));
  await withScripted({ folders: { INBOX: { messages: [scriptedMessage(1)] } }, hooks }, async (session) => {
    await session.examine('INBOX');
    let turns = 0;
    let timer = setImmediate(again);
    function again(): void {
      turns += 1;
      timer = setImmediate(again);
    }
    const metas = await all(session.fetchMeta(uids, {}));
    clearImmediate(timer);
    assert.equal(metas.length, 1000);
    assert.ok(turns >= 80, `${turns} turns`);
  });
});

test('lines that no command asked for are passed over, however many there are', async () => {
  const noise = Array.from({ length: 2000 }, (_, index) =>
    index % 2 === 0 ? '* 1 EXPUNGE\r\n' : `* 1 FETCH (UID ${index} MODSEQ (${index}) FLAGS (\\Seen))\r\n`,
  ).join('');
  const hooks: Readonly<Record<string, Hook>> = {
    'UID EXPUNGE': (exchange) => {
      exchange.send(noise);
      exchange.ok();
    },
  };
  const options = { folders: { INBOX: { messages: [scriptedMessage(1)] } }, hooks };
  await withScripted(options, async (session) => {
    await session.select('INBOX');
    await session.expunge([uid(1)]);
    assert.equal((await all(session.fetchMeta([uid(1)], {}))).length, 1);
  });
});
