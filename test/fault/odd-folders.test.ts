/** One odd folder costs itself alone (SAFETY I8): what stands behind it is archived and deleted, and it is named. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { makeSite, policy } from '../integration/installation.ts';
import {
  type Exchange,
  type Hook,
  type ScriptedImap,
  scriptedMessage,
  startScriptedImap,
} from '../servers/scripted-imap.ts';
import type { ScriptedFolder } from '../servers/scripted-types.ts';

const mails = (count: number): Partial<ScriptedFolder> => ({
  messages: Array.from({ length: count }, (_, index) => scriptedMessage(index + 1)),
});

/** Refuses a command for one folder, and answers it for the others. */
const refuse =
  (folder: string, words: string): Hook =>
  (exchange) =>
    exchange.args.flat(2).includes(folder) ? exchange.no(words) : exchange.answer();

/** Adds a line to LIST before the usual ones. */
const listing =
  (line: string): Hook =>
  (exchange) => {
    exchange.line(`LIST ${line}`);
    exchange.answer();
  };

interface Oddity {
  readonly name: string;
  /** Of the folder Mmm. */
  readonly change?: Partial<ScriptedFolder>;
  readonly hooks: Readonly<Record<string, Hook>>;
  readonly policy?: object;
  /** Messages that are still there after the run, by folder; all other folders are empty. */
  readonly left: Readonly<Record<string, number>>;
  /** What the run says. */
  readonly says: RegExp;
}

/** A server changes its messages, so each test has its own. */
const world = (change: Partial<ScriptedFolder> = {}) => ({
  INBOX: mails(6),
  Aaa: mails(4),
  Mmm: { ...mails(4), ...change },
  Zzz: mails(4),
});
const noperm = '[NOPERM] Permission denied';

const oddities: readonly Oddity[] = [
  {
    name: 'a folder that neither STATUS nor EXAMINE may touch',
    hooks: { STATUS: refuse('Mmm', noperm), EXAMINE: refuse('Mmm', noperm), SELECT: refuse('Mmm', noperm) },
    left: { Mmm: 4 },
    says: /Mmm.*Permission denied/,
  },
  {
    name: 'a folder whose STATUS alone is refused',
    hooks: { STATUS: refuse('Mmm', noperm) },
    left: {},
    says: /^/,
  },
  {
    name: 'a folder with a UIDVALIDITY of 64 bits',
    change: { uidValidity: 1713632002544 },
    hooks: {},
    left: { Mmm: 4 },
    says: /Mmm.*no valid UIDVALIDITY \(1713632002544\)/,
  },
  {
    name: 'an unquoted name with a blank, whose role would land on another folder',
    hooks: { LIST: listing(String.raw`(\HasNoChildren \Trash) "/" Zzz Old`) },
    policy: { folders: { include: ['role:trash'] } },
    left: { INBOX: 6, Aaa: 4, Mmm: 4, Zzz: 4 },
    says: /line in LIST can't be read.*Zzz Old/,
  },
  {
    name: 'a lone backslash in a name, whose role would land on another folder',
    hooks: { LIST: listing(String.raw`(\HasNoChildren \Trash) "/" "Zz\z"`) },
    policy: { folders: { include: ['role:trash'] } },
    left: { INBOX: 6, Aaa: 4, Mmm: 4, Zzz: 4 },
    says: /line in LIST can't be read/,
  },
  {
    name: 'a folder that is listed twice with different roles',
    hooks: { LIST: listing(String.raw`(\HasNoChildren \Archive) "/" "Zzz"`) },
    policy: { folders: { include: ['**'], exclude: ['role:archive'] } },
    left: { Zzz: 4 },
    says: /"Zzz" is left alone: the server lists it twice/,
  },
  {
    name: 'a folder whose name no database can have as a key',
    hooks: { LIST: listing(`(\\HasNoChildren) "/" "${'long'.repeat(300)}"`) },
    left: {},
    says: /"longlong.*… ?" is left alone: its name is longer than 1000 bytes/,
  },
  ...['() "/" a\tb', '() "/" "ab"cd"', '() "/" a%b', '() "/" a*b', '(\\HasNoChildren "/" x'].map((line) => ({
    name: `a line of LIST that can't be parsed: ${JSON.stringify(line)}`,
    hooks: { LIST: listing(line) },
    left: {},
    says: /line in LIST can't be read/,
  })),
  {
    name: 'a keyword that hides whether a message is flagged',
    hooks: {
      'UID FETCH': (exchange: Exchange) => {
        const messages = exchange.folder?.messages ?? [];
        const there = messages.length < 6 && messages.some(({ uid }) => uid === 2);
        if (there && JSON.stringify(exchange.args).includes('FLAGS'))
          exchange.line(
            '2 FETCH (UID 2 FLAGS (50%) INTERNALDATE "01-Jan-2020 10:00:00 +0000" RFC822.SIZE 60)',
          );
        exchange.answer();
      },
    },
    left: { Aaa: 1, Mmm: 1, Zzz: 1 },
    says: /"Mmm" UID 2 is kept/,
  },
];

for (const oddity of oddities) {
  test(`${oddity.name}: everything else is archived and deleted, it is named, and the next run does not stumble`, async (t) => {
    const server = await startScriptedImap({ folders: world(oddity.change), hooks: oddity.hooks });
    t.after(() => server.stop());
    const site = await makeSite({
      server: { port: server.port },
      users: ['ann@example.com'],
      policies: [policy('old', 365, { limits: { maxPercent: 100 }, ...oddity.policy })],
    });
    t.after(() => site.remove());
    const run = await site.run(['run', '--yes']);
    const said = `${run.stdout}${run.stderr}`;
    assert.match(said, oddity.says);
    assert.deepEqual(remaining(server), oddity.left, said);
    const expected = oddity.says.source === '^' ? 0 : 3;
    assert.equal(run.code, expected, said);
    const again = await site.run(['run', '--yes']);
    assert.deepEqual(remaining(server), oddity.left);
    assert.equal(again.code, expected, again.stderr);
  });
}

function remaining(server: ScriptedImap): Readonly<Record<string, number>> {
  const left = [...server.folders].map(([name, { messages }]) => [name, messages.length] as const);
  return Object.fromEntries(left.filter(([, count]) => count > 0));
}

const cutting =
  (folder: string): Hook =>
  (exchange) =>
    exchange.args.flat(2).includes(folder) ? exchange.cut() : exchange.answer();

/** Three folders, of which Mmm is refused, or ends the connection. */
const refusing: readonly { readonly name: string; readonly hook: Hook; readonly says: RegExp }[] = [
  {
    name: 'refuses',
    hook: refuse('Mmm', noperm),
    says: /folder "Mmm" skipped: the server refuses it \(NOPERM\): "Permission denied"/,
  },
  { name: 'ends the connection at', hook: cutting('Mmm'), says: /folder "Mmm" skipped: .*connection broke/ },
];

for (const { name, hook, says } of refusing) {
  test(`where the server ${name} one folder, plan, quota, scan and run show all others, and report it`, async (t) => {
    const hooks = { STATUS: hook, EXAMINE: hook, SELECT: hook };
    const server = await startScriptedImap({ folders: world(), hooks });
    t.after(() => server.stop());
    const site = await makeSite({
      server: { port: server.port },
      users: ['ann@example.com'],
      policies: [policy('old', 365, { limits: { maxPercent: 100 } })],
    });
    t.after(() => site.remove());
    for (const command of ['plan', 'quota', 'scan']) {
      const { code, stdout, stderr } = await site.run([command]);
      assert.deepEqual([code, says.test(`${stdout}${stderr}`)], [3, true], `${command}: ${stdout}${stderr}`);
    }
    const planned = JSON.parse((await site.run(['plan', '--json'])).stdout);
    assert.deepEqual(planned.plans[0].messages, 14);
    const skipped = planned.plans[0].folders.find((one: { path: string }) => one.path === 'Mmm');
    assert.deepEqual([skipped.messages, says.test(`folder "Mmm" ${skipped.skipped}`)], [null, true]);
    const usage = JSON.parse((await site.run(['quota', '--json'])).stdout).accounts[0];
    assert.equal(usage.roots.length, 1);
    assert.deepEqual(
      usage.folders
        .map((one: { path: string; messages: number | null }) => [one.path, one.messages])
        .toSorted(),
      [
        ['Aaa', 4],
        ['INBOX', 6],
        ['Mmm', null],
        ['Zzz', 4],
      ],
    );
    const run = await site.run(['run', '--yes', '--json']);
    assert.equal(run.code, 3, run.stderr);
    assert.match(run.stderr, says);
    const [report] = JSON.parse(run.stdout).runs;
    assert.deepEqual(
      report.folders.map((one: { path: string; deleted: { messages: number }; skipped: string | null }) => [
        one.path,
        one.deleted.messages,
        one.skipped !== null,
      ]),
      [
        ['Mmm', 0, true],
        ['INBOX', 6, false],
        ['Aaa', 4, false],
        ['Zzz', 4, false],
      ],
    );
    assert.deepEqual(remaining(server), { Mmm: 4 });
  });
}

test('the next run asks for a refused folder with one command, and forgets the refusal when it has ended', async (t) => {
  let denied = true;
  const hook: Hook = (exchange) => (denied ? refuse('Mmm', noperm)(exchange) : exchange.answer());
  const server = await startScriptedImap({
    folders: world(),
    hooks: { STATUS: hook, EXAMINE: hook, SELECT: hook },
  });
  t.after(() => server.stop());
  const site = await makeSite({
    server: { port: server.port },
    users: ['ann@example.com'],
    policies: [
      policy('one', 365, { limits: { maxPercent: 100 } }),
      policy('two', 730, { limits: { maxPercent: 100 } }),
    ],
  });
  t.after(() => site.remove());
  await site.run(['run', '--yes']);
  const from = server.log.length;
  const second = await site.run(['run', '--yes']);
  assert.equal(second.code, 3, second.stderr);
  const named = server.log.slice(from).filter((line) => line.includes('"Mmm"'));
  const asked = named.filter((line) => !line.startsWith('GETQUOTA'));
  assert.deepEqual(asked, ['EXAMINE "Mmm" (CONDSTORE)']);
  denied = false;
  const third = await site.run(['run', '--yes']);
  assert.deepEqual([third.code, remaining(server)], [0, {}], third.stderr);
  const last = await site.run(['run', '--yes']);
  assert.equal(last.code, 0, last.stderr);
});
