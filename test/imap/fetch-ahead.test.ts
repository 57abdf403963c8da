import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes, type Uid, uid } from '../../src/domain/brands.ts';
import type { BodyEvent, MailSession } from '../../src/ports/mail.ts';
import { type Exchange, type Hook, scriptedMessage } from '../servers/scripted-types.ts';
import { withScripted } from './scripted.ts';

/** Three commands of 500, 500 and 200 messages. */
const uids = Array.from({ length: 1200 }, (_, index) => uid(index + 1));
const messages = uids.map((number) => scriptedMessage(number));

async function read(
  session: MailSession,
  sink: (event: BodyEvent) => Promise<void> | void = () => undefined,
): Promise<readonly string[]> {
  const seen: string[] = [];
  await session.examine('INBOX');
  const wanted = uids.map((number) => ({ uid: number, size: bytes(20) }));
  await session.fetchBodies(wanted, (event) => {
    seen.push(`${event.kind} ${event.uid}`);
    return sink(event);
  });
  return seen;
}

function whole(numbers: readonly Uid[]): readonly string[] {
  return numbers.map((number) => `whole ${number}`);
}

async function withFetch(hook: Hook, body: (session: MailSession) => Promise<void>): Promise<void> {
  await withScripted({ folders: { INBOX: { messages } }, hooks: { 'UID FETCH': hook } }, body);
}

test('the next command is on its way before the one before it is answered', async () => {
  const waiting: Exchange[] = [];
  let most = 0;
  const hook: Hook = (exchange) => {
    waiting.push(exchange);
    most = Math.max(most, waiting.length);
    // The first answer comes when the second command is there, the last one when nothing follows.
    if (waiting.length < 2 && !String(exchange.args[0]).startsWith('1001')) return;
    for (const one of waiting.splice(0)) one.answer();
  };
  await withFetch(hook, async (session) => {
    assert.deepEqual(await read(session), whole(uids));
  });
  assert.equal(most, 2);
});

test('what is asked for is taken from its source no earlier than it is sent', async () => {
  await withFetch(
    (exchange) => exchange.answer(),
    async (session) => {
      let taken = 0;
      let done = 0;
      let furthest = 0;
      function* source() {
        for (const number of uids) {
          taken += 1;
          furthest = Math.max(furthest, taken - done);
          yield { uid: number, size: bytes(20) };
        }
      }
      await session.examine('INBOX');
      await session.fetchBodies(source(), () => void (done += 1));
      assert.equal(done, uids.length);
      // Two commands, and the message that shows that the second one is full.
      assert.ok(furthest <= 1001, `${furthest}`);
    },
  );
});

test('of a command that is refused each message is asked for by itself, and the others count as they came', async () => {
  const hook: Hook = (exchange) => {
    const set = String(exchange.args[0]);
    if (set.startsWith('501:') || set === '777') exchange.no('cannot read one of them');
    else exchange.answer();
  };
  await withFetch(hook, async (session) => {
    const seen = await read(session);
    const others = uids.filter((number) => number !== 777);
    assert.deepEqual(seen.toSorted(), [...whole(others), 'refused 777'].toSorted());
  });
});

test('what an OK leaves out is missing, whichever command it belongs to', async () => {
  const hook: Hook = (exchange) => {
    if (String(exchange.args[0]).startsWith('501:')) exchange.ok();
    else exchange.answer();
  };
  await withFetch(hook, async (session) => {
    const seen = await read(session);
    assert.deepEqual(
      seen.filter((event) => event.startsWith('missing')),
      uids.slice(500, 1000).map((number) => `missing ${number}`),
    );
    assert.equal(seen.length, uids.length);
  });
});

test('answers in another order than the commands bring every message once', async () => {
  const waiting: Exchange[] = [];
  const hook: Hook = (exchange) => {
    waiting.push(exchange);
    const late = String(exchange.args[0]).startsWith('1:500');
    if (late && waiting.length === 1) return;
    for (const one of waiting.splice(0).toReversed()) one.answer();
  };
  await withFetch(hook, async (session) => {
    assert.deepEqual((await read(session)).toSorted(), whole(uids).toSorted());
    assert.ok((await session.folders()).length > 0);
  });
});

test('a sink that fails gets nothing of what is still on its way, and no further command is sent', async () => {
  let commands = 0;
  const hook: Hook = (exchange) => {
    commands += 1;
    exchange.answer();
  };
  await withFetch(hook, async (session) => {
    const seen: Uid[] = [];
    const failing = read(session, (event) => {
      seen.push(event.uid);
      if (event.uid === 100) throw new Error('no space');
    });
    await assert.rejects(failing, /no space/);
    assert.equal(seen.length, 100);
    assert.equal(commands, 2);
    assert.ok((await session.folders()).length > 0, 'the session goes on');
  });
});

test('a connection that ends with two commands on their way fails once, as lost', async () => {
  let commands = 0;
  const hook: Hook = (exchange) => {
    commands += 1;
    if (commands === 2) exchange.cut();
    else exchange.answer();
  };
  await withFetch(hook, async (session) => {
    await assert.rejects(read(session), { code: 'connect' });
  });
});

test('a command that the server makes wait is sent again, and nothing is asked for one by one', async () => {
  let throttled = 0;
  let commands = 0;
  const hook: Hook = (exchange) => {
    commands += 1;
    if (String(exchange.args[0]).startsWith('501:') && throttled++ === 0)
      exchange.bad('Request is throttled. Suggested Backoff Time: 50 milliseconds');
    else exchange.answer();
  };
  await withFetch(hook, async (session) => {
    assert.deepEqual((await read(session)).toSorted(), whole(uids).toSorted());
    assert.equal(commands, 4);
  });
});

test('after an answer BAD to a command that was sent ahead, no other one is', async () => {
  const waiting: Exchange[] = [];
  let most = 0;
  let bad = 0;
  const hook: Hook = (exchange) => {
    waiting.push(exchange);
    most = Math.max(most, bad > 0 ? waiting.length : 0);
    setTimeout(() => {
      waiting.splice(waiting.indexOf(exchange), 1);
      if (String(exchange.args[0]) === '501:1000' && bad++ === 0) exchange.bad('one at a time');
      else exchange.answer();
    }, 2);
  };
  await withFetch(hook, async (session) => {
    const seen = await read(session);
    assert.deepEqual(seen.toSorted(), whole(uids).toSorted());
    // The last set was on its way already.
    most = 0;
    await read(session);
    assert.equal(most, 1);
  });
});

test('a server that makes wait every time ends the connection in the end, which is not blamed on sending ahead', async () => {
  let commands = 0;
  const hook: Hook = (exchange) => {
    commands += 1;
    exchange.bad('Request is throttled. Suggested Backoff Time: 20 milliseconds');
  };
  await withFetch(hook, async (session) => {
    await assert.rejects(read(session), { code: 'connect' });
    assert.equal(session.lostTogether, false);
    // Two at first; then one after the other, four times each at most.
    assert.ok(commands <= 8, `${commands}`);
  });
});

test('a server that trickles is given up no later for what it sent before', async () => {
  const options = { folders: { INBOX: { messages } } };
  let trickle: NodeJS.Timeout | undefined;
  const hook: Hook = (exchange) => {
    if (String(exchange.args[0]).startsWith('1:')) return exchange.answer();
    trickle ??= setInterval(() => exchange.send('*'), 16);
    return undefined;
  };
  const started = performance.now();
  const impatient = { commandTimeoutMs: 20 };
  await withScripted(
    { ...options, hooks: { 'UID FETCH': hook } },
    async (session) => {
      await assert.rejects(read(session), { code: 'timeout' });
      assert.equal(session.lostTogether, true);
    },
    impatient,
  );
  clearInterval(trickle);
  assert.ok(performance.now() - started < 10_000);
});
