/** Restoring several messages in one APPEND (MULTIAPPEND, RFC 3502), and servers that do it oddly. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { withScripted } from '../imap/scripted.ts';
import { makeSite, policy } from '../integration/installation.ts';
import { argText } from '../servers/scripted-parse.ts';
import { type Hook, scriptedMessage, startScriptedImap } from '../servers/scripted-imap.ts';

const plain =
  'IMAP4rev1 UIDPLUS MOVE CONDSTORE ENABLE QUOTA STATUS=SIZE NAMESPACE LIST-EXTENDED SPECIAL-USE AUTH=PLAIN';
const count = 20;

/** `back`: called before the second restore. */
interface Outage {
  readonly hooks?: Record<string, Hook>;
  readonly back?: () => void;
  readonly format?: string;
}

/** Messages are archived and deleted from a server with MULTIAPPEND; then `append` answers, and all is restored twice. */
async function restoredBy(
  t: test.TestContext,
  append: Hook,
  messages = Array.from({ length: count }, (_, index) => scriptedMessage(index + 1)),
  { hooks = {}, back: returns = () => undefined, format = 'mbox' }: Outage = {},
) {
  const folders = { INBOX: { messages } };
  const server = await startScriptedImap({ capabilities: `${plain} MULTIAPPEND`, folders, hooks });
  t.after(() => server.stop());
  const site = await makeSite({
    server: { port: server.port },
    users: ['ann@example.com'],
    policies: [
      policy('old', 365, {
        limits: { maxPercent: 100 },
        archive: { to: 'local', format, compression: 'none' },
      }),
    ],
  });
  t.after(() => site.remove());
  const run = await site.run(['run', '--yes']);
  assert.equal(run.code, 0, run.stderr);
  hooks['APPEND'] = append;
  const first = await site.run(['restore', '--all', '--yes']);
  const appends = server.log.filter((line) => line.startsWith('APPEND')).length;
  const bodies = (): readonly string[] =>
    (server.folders.get('INBOX')?.messages ?? []).map(({ body }) => /body \d+/.exec(String(body))?.[0] ?? '');
  const back = bodies();
  delete hooks['APPEND'];
  returns();
  const again = await site.run(['restore', '--all', '--yes']);
  return { first, again, appends, back, after: bodies() };
}

const all = Array.from({ length: count }, (_, index) => `body ${index + 1}`);
const sorted = (bodies: readonly string[]) =>
  bodies.toSorted((a, b) => Number(a.slice(5)) - Number(b.slice(5)));
const howMany = (args: readonly unknown[]) =>
  args.filter((arg) => typeof arg === 'string' && arg.includes('body ')).length;
const holds = (args: readonly unknown[], number: number) =>
  args.some((arg) => typeof arg === 'string' && arg.includes(`body ${number}\r`));

test('after one message that reads back as it was sent, the others go in one command', async (t) => {
  const { first, appends, back, after } = await restoredBy(t, ({ answer }) => answer());
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual([appends, back, after], [2, all, all]);
});

for (const format of ['eml-zip', 'maildir-tar'])
  test(`messages of an archive of the format ${format} go in one command too`, async (t) => {
    const { first, appends, back } = await restoredBy(t, ({ answer }) => answer(), undefined, { format });
    assert.equal(first.code, 0, first.stderr);
    assert.deepEqual([appends, back], [2, all]);
  });

test('a message that is refused among others is named, and the others are restored', async (t) => {
  const refuse: Hook = ({ args, no, answer }) => (holds(args, 7) ? no('[LIMIT] not this one') : answer());
  const { first, again, back, after } = await restoredBy(t, refuse);
  assert.equal(first.code, 3);
  assert.match(first.stdout, /\/6 refused: .*not this one/);
  assert.equal(first.stdout.match(/refused/g)?.length, 1);
  assert.deepEqual(
    sorted(back),
    all.filter((body) => body !== 'body 7'),
  );
  assert.equal(again.code, 0);
  assert.deepEqual(sorted(after), all);
});

test('what a server took of a command that it refuses is not sent again', async (t) => {
  const partly: Hook = ({ args, folder, no, answer }) => {
    if (howMany(args) < 4) return answer();
    // The name, and flags, date and body of three messages.
    appendTo(args.slice(0, 10), folder);
    no('too many');
  };
  const { first, back, after } = await restoredBy(t, partly);
  assert.equal(first.code, 0, first.stdout);
  assert.deepEqual([sorted(back), sorted(after)], [all, all]);
});

for (const [what, took] of [
  ['had taken them', count],
  ['had taken none of them', 0],
  // RFC 3502 does not allow it.
  ['had taken three of them', 3],
] as const) {
  test(`messages whose connection is lost after the server ${what} are there once`, async (t) => {
    let cuts = 0;
    const cut: Hook = (exchange) => {
      if (howMany(exchange.args) < 2 || cuts > 0) return exchange.answer();
      cuts += 1;
      if (took === count) exchange.answer();
      else appendTo(exchange.args.slice(0, 1 + 3 * took), exchange.folder);
      exchange.cut();
    };
    const { first, back, after, appends } = await restoredBy(t, cut);
    assert.deepEqual([first.code, cuts, sorted(back), sorted(after)], [0, 1, all, all], first.stderr);
    assert.equal(appends, took === count ? 2 : 2 + count - 1 - took);
  });
}

test('a server that is gone after it took three of several messages has each once after the next restore', async (t) => {
  let gone = false;
  const hooks: Record<string, Hook> = {};
  const whole: Hook = ({ answer, cut }) => (gone ? cut() : answer());
  for (const command of ['LOGIN', 'AUTHENTICATE', 'EXAMINE', 'SELECT']) hooks[command] = whole;
  const { first, again, back, after } = await restoredBy(
    t,
    (exchange) => {
      if (howMany(exchange.args) < 2) return exchange.answer();
      appendTo(exchange.args.slice(0, 10), exchange.folder);
      gone = true;
      exchange.cut();
    },
    undefined,
    { hooks, back: () => void (gone = false) },
  );
  assert.notEqual(first.code, 0);
  assert.deepEqual([back.length, again.code, sorted(after)], [4, 0, all], first.stderr + again.stderr);
});

for (const [what, code] of [
  ['names no UIDs', ''],
  ['names too few UIDs', '[APPENDUID 7 90:91] '],
  ['names the UIDs in another order', null],
] as const) {
  test(`where the server ${what}, every message is found and compared`, async (t) => {
    const answer: Hook = (exchange) => {
      appendTo(exchange.args, exchange.folder);
      const next = exchange.folder?.uidNext ?? 1;
      const made = howMany(exchange.args);
      const uids = made === 1 ? `${next - 1}` : `${next - 1}:${next - made}`;
      exchange.ok(code === null ? `[APPENDUID 7 ${uids}] done` : `${code}done`);
    };
    const { first, again, back, after } = await restoredBy(t, answer);
    assert.deepEqual([first.code, again.code], [0, 0], first.stdout);
    assert.deepEqual([sorted(back), sorted(after)], [all, all]);
    assert.match(first.stdout, /20 messages restored/);
  });
}

test('a server that alters what it is sent gets message by message, and none of them twice', async (t) => {
  const alter: Hook = (exchange) => {
    appendTo(
      exchange.args.map((arg) =>
        typeof arg === 'string' && arg.includes('body ') ? `X-Seen: 1\r\n${arg}` : arg,
      ),
      exchange.folder,
    );
    exchange.ok(`[APPENDUID 7 ${(exchange.folder?.uidNext ?? 1) - 1}] done`);
  };
  const { first, again, appends, back, after } = await restoredBy(t, alter);
  assert.deepEqual([first.code, again.code, appends], [3, 3, count]);
  assert.deepEqual([back, after], [all, all]);
});

test('messages with bytes that servers are known to alter go by themselves', async (t) => {
  const messages = Array.from({ length: count }, (_, index) => scriptedMessage(index + 1));
  const odd = [5, 6].map((uid) => `From: a@b.c\r\nSubject: odd\r\n\r\nbare\n body ${uid}\r\n`);
  messages[4] = scriptedMessage(5, { body: odd[0] ?? '' });
  messages[5] = scriptedMessage(6, { body: odd[1] ?? '' });
  const { first, appends, back } = await restoredBy(t, ({ answer }) => answer(), messages);
  assert.equal(first.code, 0);
  // The first; 2 to 4; the two odd ones; the rest.
  assert.deepEqual([appends, back], [5, all]);
});

test('a mailbox that becomes full in the middle takes what fits, and the restore ends', async (t) => {
  let there = 0;
  const full: Hook = (exchange) => {
    const more = howMany(exchange.args);
    if (there + more > 12) return exchange.no('[OVERQUOTA] no space');
    there += more;
    exchange.answer();
  };
  const { first, back, after } = await restoredBy(t, full);
  assert.equal(first.code, 3);
  assert.deepEqual([sorted(back), sorted(after)], [all.slice(0, 12), all]);
});

for (const plus of [true, false]) {
  test(`large literals ${plus ? "don't wait" : 'wait'} for the server ${plus ? 'with' : 'without'} LITERAL+`, async () => {
    const capabilities = `${plain} MULTIAPPEND${plus ? ' LITERAL+' : ''}`;
    await withScripted({ capabilities }, async (session, server) => {
      const bodies = ['a', 'b', 'c'].map((letter) => `Subject: x\r\n\r\n${letter.repeat(9000)}\r\n`);
      const mail = bodies.map((body) => ({ data: Buffer.from(body), flags: ['\\Seen'], internalDate: null }));
      const results = await session.appendMany('INBOX', mail);
      assert.deepEqual(
        results.map(({ uid }) => uid),
        [1, 2, 3],
      );
      const stored = server.folders.get('INBOX')?.messages.map(({ body }) => body);
      assert.deepEqual(stored, bodies);
      const line = server.log.find((text) => text.startsWith('APPEND')) ?? '';
      assert.equal(line.match(/\{9016\+\}/g)?.length ?? 0, plus ? 3 : 0, line);
    });
  });
}

/** What the server's own APPEND does, without its answer. */
function appendTo(args: Parameters<Hook>[0]['args'], folder: Parameters<Hook>[0]['folder']): void {
  if (folder === null) return;
  for (let at = 3; at < args.length; at += 3) {
    const uid = folder.uidNext ?? 1;
    folder.messages.push(scriptedMessage(uid, { body: argText(args[at]) }));
    folder.uidNext = uid + 1;
  }
}
