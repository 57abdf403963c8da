import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes, uid } from '../../src/domain/brands.ts';
import type { BodyEvent, MailSession } from '../../src/ports/mail.ts';
import { failsWith } from '../contract/mail-world.ts';
import { type Hook, literalItem, scriptedMessage } from '../servers/scripted-imap.ts';
import { withScripted } from './scripted.ts';

const large = bytes(5 * 1024 * 1024);

async function read(session: MailSession, number: number, size = bytes(10)): Promise<readonly BodyEvent[]> {
  const events: BodyEvent[] = [];
  await session.examine('INBOX');
  await session.fetchBodies([{ uid: uid(number), size }], (event) => void events.push(event));
  return events;
}

async function kinds(session: MailSession, number: number, size = bytes(10)): Promise<readonly string[]> {
  return (await read(session, number, size)).map(({ kind }) => kind);
}

function fetching(...parts: readonly (string | Buffer)[]): { readonly 'UID FETCH': Hook } {
  return {
    'UID FETCH': (exchange) => {
      for (const part of parts) exchange.send(part);
      exchange.ok();
    },
  };
}

test('octets that Dovecot never delivers arrive as they are', async () => {
  const bodies = [
    'a: b\n\nbare\nlf',
    'bare\rcr',
    'nul\0nul',
    '',
    '\xff\xfe',
    'x) FETCH (\r\n* OK',
    'From x\r\n',
    '{5}\r\n',
  ];
  const messages = bodies.map((body, index) => scriptedMessage(index + 1, { body }));
  await withScripted({ folders: { INBOX: { messages } } }, async (session) => {
    for (const [index, body] of bodies.entries()) {
      const data = new Uint8Array(Buffer.from(body, 'latin1'));
      assert.deepEqual(await read(session, index + 1), [{ kind: 'whole', uid: index + 1, data }]);
    }
  });
});

test('each whole body owns its memory, so that it can be transferred', async () => {
  const messages = [scriptedMessage(1)];
  await withScripted({ folders: { INBOX: { messages } } }, async (session) => {
    const [event] = await read(session, 1);
    assert.ok(event?.kind === 'whole');
    assert.equal(event.data.buffer.byteLength, event.data.byteLength);
  });
});

test('a body as a quoted string counts, one with lost octets or NIL does not', async () => {
  const answers: readonly (readonly [string, string | null])[] = [
    ['BODY[] "abc"', 'abc'],
    ['BODY[] ""', ''],
    ['BODY[] NIL', null],
    ['BODY[] "\xe9"', null],
    ['BODY[1] {1}\r\nx', null],
    ['BODY[]<0> {1}\r\nx', null],
    ['BODY[HEADER] {1}\r\nx', null],
  ];
  for (const [item, body] of answers) {
    await withScripted({ hooks: fetching(`* 1 FETCH (UID 1 ${item})\r\n`) }, async (session) => {
      const [event, more] = await read(session, 1);
      assert.equal(more, undefined);
      if (body === null) assert.deepEqual(event, { kind: 'missing', uid: 1 }, item);
      else assert.deepEqual(event, { kind: 'whole', uid: 1, data: new Uint8Array(Buffer.from(body)) }, item);
    });
  }
});

test('another UID, a row without one and a second answer are not taken for the body', async () => {
  const row = (name: string, text: string): Buffer =>
    Buffer.concat([
      Buffer.from(`* 1 FETCH (${name}`),
      literalItem('BODY[]', Buffer.from(text)),
      Buffer.from(')\r\n'),
    ]);
  const foreign = fetching(row('UID 2 ', 'other'), row('', 'nameless'));
  await withScripted({ hooks: foreign }, async (session) => {
    assert.deepEqual(await read(session, 1), [{ kind: 'missing', uid: 1 }]);
  });
  const twice = fetching(row('UID 1 ', 'first'), row('UID 1 ', 'second'));
  await withScripted({ hooks: twice }, async (session) => {
    const data = new Uint8Array(Buffer.from('first'));
    assert.deepEqual(await read(session, 1), [{ kind: 'whole', uid: 1, data }]);
  });
});

test('a message whose row can not be parsed is refused, and does not vanish', async () => {
  await withScripted({ hooks: fetching('* 1 FETCH (UID 1 BODY[] "x\r\n') }, async (session) => {
    assert.deepEqual(await kinds(session, 1), ['refused']);
  });
});

test('a message without end is given up soon after its announced size', async () => {
  let asked = 0;
  const hooks: Record<string, Hook> = {
    'UID FETCH': (exchange) => {
      const origin = asked * 2 * 1024 * 1024;
      asked += 1;
      exchange.send('* 1 FETCH (UID 1 ');
      exchange.send(literalItem(`BODY[]<${origin}>`, Buffer.alloc(2 * 1024 * 1024, 'x')));
      exchange.send(')\r\n');
      exchange.ok();
    },
  };
  await withScripted({ hooks }, async (session) => {
    assert.equal((await kinds(session, 1, large)).at(-1), 'refused');
    assert.ok(asked <= 4, `${asked} pieces were asked for`);
  });
});

test('the message that the server refuses is refused, its neighbours come', async () => {
  const messages = [1, 2, 3, 4].map((number) => scriptedMessage(number));
  const hooks: Record<string, Hook> = {
    'UID FETCH': (exchange) => {
      const set = String(exchange.args[0]);
      if (set.includes(':') || set === '3') exchange.no('UID FETCH Server error - Please try again later');
      else exchange.answer();
    },
  };
  await withScripted({ folders: { INBOX: { messages } }, hooks }, async (session) => {
    await session.examine('INBOX');
    const events: string[] = [];
    const wanted = messages.map((message) => ({ uid: uid(message.uid), size: bytes(10) }));
    await session.fetchBodies(wanted, (event) => void events.push(`${event.uid} ${event.kind}`));
    assert.deepEqual(events, ['1 whole', '2 whole', '3 refused', '4 whole']);
  });
});

test('a literal that breaks off with the connection is a lost connection', async () => {
  const hooks: Record<string, Hook> = {
    'UID FETCH': (exchange) => {
      exchange.send('* 1 FETCH (UID 1 BODY[] {100}\r\nshort');
      exchange.cut();
    },
  };
  await withScripted({ hooks }, async (session) => {
    await assert.rejects(read(session, 1), failsWith('connect'));
    await assert.rejects(session.examine('INBOX'), failsWith('connect'));
  });
});

test('a large message whose announced size is wrong is read to its true end', async () => {
  for (const length of [0, 1, 2 * 1024 * 1024, 3 * 1024 * 1024, 6 * 1024 * 1024]) {
    const body = Buffer.alloc(length, 'x');
    await withScripted(
      { folders: { INBOX: { messages: [scriptedMessage(1, { body })] } } },
      async (session) => {
        const events = await read(session, 1, large);
        const parts = events.flatMap((event) => (event.kind === 'part' ? [event.data] : []));
        assert.equal(Buffer.concat(parts).length, length);
        assert.deepEqual(events.at(-1), { kind: 'end', uid: 1, length });
      },
    );
  }
});

test('a piece of another origin, or longer than asked for, is refused', async () => {
  for (const name of ['BODY[]<7>', 'BODY[]']) {
    await withScripted({ hooks: fetching(`* 1 FETCH (UID 1 ${name} {1}\r\nx)\r\n`) }, async (session) => {
      assert.deepEqual(await kinds(session, 1, large), ['refused']);
    });
  }
  const long = literalItem('BODY[]<0>', Buffer.alloc(2 * 1024 * 1024 + 1));
  await withScripted({ hooks: fetching('* 1 FETCH (UID 1 ', long, ')\r\n') }, async (session) => {
    assert.deepEqual(await kinds(session, 1, large), ['refused']);
  });
});

test('a large message that vanishes between its pieces ends as missing', async () => {
  const body = Buffer.alloc(3 * 1024 * 1024, 'x');
  let calls = 0;
  const hooks: Record<string, Hook> = {
    'UID FETCH': (exchange) => {
      calls += 1;
      if (calls === 1) exchange.answer();
      else exchange.ok();
    },
  };
  await withScripted(
    { hooks, folders: { INBOX: { messages: [scriptedMessage(1, { body })] } } },
    async (session) => {
      const events = await read(session, 1, large);
      assert.deepEqual(
        events.map(({ kind }) => kind),
        ['part', 'missing'],
      );
    },
  );
});

test('what the sink throws ends the fetch and reaches the caller; the session goes on', async () => {
  const messages = [scriptedMessage(1), scriptedMessage(2)];
  await withScripted({ folders: { INBOX: { messages } } }, async (session) => {
    await session.examine('INBOX');
    const both = [1, 2].map((number) => ({ uid: uid(number), size: bytes(10) }));
    const full = session.fetchBodies(both, () => Promise.reject(new Error('spool is full')));
    await assert.rejects(full, /spool is full/);
    assert.deepEqual(await session.search([]), [1, 2]);
  });
});

test('a command inside a fetch is refused instead of waiting for itself', async () => {
  await withScripted({ folders: { INBOX: { messages: [scriptedMessage(1)] } } }, async (session) => {
    await session.examine('INBOX');
    const nested = session.fetchBodies(
      [{ uid: uid(1), size: bytes(1) }],
      async () => void (await session.search([])),
    );
    await assert.rejects(nested, failsWith('guard'));
  });
});
