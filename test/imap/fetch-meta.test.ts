import assert from 'node:assert/strict';
import test from 'node:test';
import { uid } from '../../src/domain/brands.ts';
import { all } from '../contract/mail-world.ts';
import { type Hook, scriptedMessage } from '../servers/scripted-imap.ts';
import { withScripted } from './scripted.ts';

function rows(...lines: readonly string[]): { readonly hooks: Record<string, Hook> } {
  return {
    hooks: {
      'UID FETCH': (exchange) => {
        for (const line of lines) exchange.line(`1 FETCH (${line})`);
        exchange.ok();
      },
    },
  };
}

async function metaOf(...lines: readonly string[]): ReturnType<typeof all> {
  let result: Awaited<ReturnType<typeof all>> = [];
  await withScripted(rows(...lines), async (session) => {
    await session.examine('INBOX');
    result = await all(session.fetchMeta([uid(1), uid(2)]));
  });
  return result;
}

const known = 'INTERNALDATE "01-Jan-2020 00:00:00 +0000" RFC822.SIZE 5';

test('what is not told, or makes no sense, is unknown', async () => {
  const odd = [
    '',
    'INTERNALDATE "yesterday" RFC822.SIZE -1',
    'INTERNALDATE NIL RFC822.SIZE 99999999999999999999',
  ];
  for (const items of odd) {
    const [meta] = await metaOf(`UID 1 FLAGS () ${items} MODSEQ (0) EMAILID NIL SAVEDATE NIL`);
    assert.deepEqual(meta, {
      uid: 1,
      size: null,
      internalDate: null,
      flags: [],
      emailId: null,
      modseq: null,
      savedDate: null,
      headers: null,
    });
  }
});

test('flags: system flags in lower case, keywords as spelled, no \\Recent', async () => {
  const [meta] = await metaOf(`UID 1 FLAGS (\\SEEN \\Recent $Label1 Work) ${known} MODSEQ (17)`);
  assert.deepEqual(meta?.flags, ['\\seen', '$Label1', 'Work']);
  assert.equal(meta?.modseq, 17n);
});

for (const [name = '', ...answers] of [
  ['no flags', `UID 1 ${known}`],
  ['NIL for its flags', `UID 1 FLAGS NIL ${known}`],
  ['a list within its flags', `UID 1 FLAGS (a(b)c) ${known}`],
  ['a keyword that is not an atom', `UID 1 FLAGS (50%) ${known}`],
  ['a control character in a keyword', `UID 1 FLAGS (a\x04b) ${known}`],
]) {
  test(`a row with ${name} leaves its message there, with flags that are not known`, async () => {
    const [meta] = await metaOf(...answers);
    assert.deepEqual([meta?.uid, meta?.flags], [1, null]);
  });
}

test('rows of one message are put together until the answer ends', async () => {
  const [meta] = await metaOf('UID 1 MODSEQ (4711)', `UID 1 FLAGS (\\Seen) ${known}`, 'UID 1 MODSEQ (4712)');
  assert.deepEqual([meta?.flags, meta?.size, meta?.modseq], [['\\seen'], 5, 4712n]);
});

test('rows for other UIDs and rows without one are ignored', async () => {
  const found = await metaOf(`UID 3 FLAGS () ${known}`, `FLAGS (\\Seen) ${known}`, `UID 0 FLAGS ()`);
  assert.deepEqual(found, []);
});

test('a change of flags in between counts, contradicting rows are unknown', async () => {
  const [changed] = await metaOf(`UID 1 FLAGS () ${known} MODSEQ (5)`, 'UID 1 FLAGS (\\Flagged) MODSEQ (6)');
  assert.deepEqual([changed?.flags, changed?.size, changed?.modseq], [['\\flagged'], 5, 6n]);
  const [twice] = await metaOf(`UID 1 FLAGS () ${known}`, 'UID 1 FLAGS () RFC822.SIZE 6 INTERNALDATE NIL');
  assert.equal(twice?.size, null);
});

test('only UIDs that were asked for are named to the server, in ranges', async () => {
  const messages = [1, 2, 3, 4, 9].map((number) => scriptedMessage(number));
  await withScripted({ folders: { INBOX: { messages } } }, async (session, server) => {
    await session.examine('INBOX');
    const found = await all(session.fetchMeta([uid(9), uid(1), uid(2), uid(4)]));
    assert.deepEqual(
      found.map((meta) => meta.uid),
      [1, 2, 4, 9],
    );
    assert.ok(server.log.some((line) => line.startsWith('UID FETCH 1:2,4,9 (UID FLAGS INTERNALDATE')));
  });
});

test('a consumer may use the session between rows', async () => {
  const messages = [1, 2].map((number) => scriptedMessage(number));
  await withScripted({ folders: { INBOX: { messages } } }, async (session) => {
    await session.examine('INBOX');
    for await (const meta of session.fetchMeta([uid(1), uid(2)])) {
      assert.deepEqual(await session.search([]), [1, 2], String(meta.uid));
    }
  });
});

test('SEARCH that lies is passed on as it is, numbers that are no UIDs left out', async () => {
  const hooks: Record<string, Hook> = {
    'UID SEARCH': (exchange) => {
      exchange.line('SEARCH 7 3 3 0 4294967296');
      exchange.line('SEARCH 5 (MODSEQ 99)');
      exchange.ok();
    },
  };
  await withScripted({ hooks }, async (session) => {
    await session.examine('INBOX');
    assert.deepEqual(await session.search([]), [3, 5, 7]);
  });
});

const three = { INBOX: { messages: [1, 2, 3].map((number) => scriptedMessage(number)) } };
const old = [{ kind: 'before', day: new Date('2030-01-01') }] as const;

test('OK to SEARCH without a SEARCH line finds nothing in an empty folder', async () => {
  await withScripted({ hooks: { 'UID SEARCH': ({ ok }) => ok() } }, async (session) => {
    await session.examine('INBOX');
    assert.deepEqual(await session.search([]), []);
  });
});

for (const [name, hook] of [
  ['answers OK alone', ({ ok }) => ok()],
  ['says that no key is supported', ({ no }) => no('[CANNOT] Unsupported search criterion: BEFORE')],
  ['says BAD', ({ bad }) => bad('Command Error')],
  [
    'finds nothing by date',
    (exchange) => {
      if (exchange.args.includes('BEFORE')) exchange.line('SEARCH');
      if (exchange.args.includes('BEFORE')) exchange.ok();
      else exchange.answer();
    },
  ],
  [
    'answers with ESEARCH',
    ({ tag, line, ok }) => {
      line(`ESEARCH (TAG "${tag}") UID ALL 1:3`);
      ok();
    },
  ],
  [
    'lists more than ten million UIDs',
    ({ tag, line, ok }) => {
      line(`ESEARCH (TAG "${tag}") UID ALL 1:10000000,4294967295`);
      ok();
    },
  ],
] satisfies readonly (readonly [string, Hook])[]) {
  test(`where SEARCH ${name}, every message is looked at`, async () => {
    await withScripted({ folders: three, hooks: { 'UID SEARCH': hook } }, async (session) => {
      await session.examine('INBOX');
      assert.deepEqual(await session.search(old), [1, 2, 3]);
    });
  });
}

test('SAVEDBEFORE is sent only where the server has SAVEDATE', async () => {
  const day = new Date('2020-02-03');
  for (const [more, sent] of [
    ['', 'UID SEARCH ALL'],
    [' SAVEDATE', 'UID SEARCH SAVEDBEFORE 3-Feb-2020'],
  ] as const) {
    await withScripted({ capabilities: `IMAP4rev1 AUTH=PLAIN${more}` }, async (session, server) => {
      await session.examine('INBOX');
      await session.search([{ kind: 'savedBefore', day }]);
      assert.ok(server.log.includes(sent), server.log.join('\n'));
    });
  }
});
