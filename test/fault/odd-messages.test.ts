/** One odd message costs itself alone (SAFETY I8): its neighbours and the folders behind it are archived and deleted. */
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

const asksBody = ({ args }: Exchange): boolean => JSON.stringify(args).includes('BODY.PEEK[]');
const inAaa = ({ folder }: Exchange): boolean => folder?.uidValidity === 1;
const names = ({ args }: Exchange, uid: number): boolean =>
  String(args[0])
    .split(',')
    .some((part) => {
      const [first, last = first] = part.split(':').map(Number);
      return first !== undefined && last !== undefined && first <= uid && uid <= last;
    });

interface Oddity {
  readonly name: string;
  readonly hook: Hook;
  /** UIDs of folder Aaa that stay. */
  readonly stay: readonly number[];
  /** Runs until the message is quarantined, and the next one has nothing to say. */
  readonly runs: number;
}

const oddities: readonly Oddity[] = [
  {
    name: 'the body of one message is refused with NO',
    hook: (exchange) => {
      if (inAaa(exchange) && asksBody(exchange) && names(exchange, 17))
        exchange.no('Server error - Please try again later');
      else exchange.answer();
    },
    stay: [17],
    runs: 1,
  },
  {
    name: 'the body of one message is refused with BAD',
    hook: (exchange) => {
      if (inAaa(exchange) && asksBody(exchange) && names(exchange, 17)) exchange.bad('Command Error. 11');
      else exchange.answer();
    },
    stay: [17],
    runs: 1,
  },
  {
    name: 'OK is answered without the row of one message',
    hook: (exchange) => {
      if (!inAaa(exchange) || !asksBody(exchange) || !names(exchange, 17)) return exchange.answer();
      if (exchange.folder !== null) {
        const kept = exchange.folder.messages;
        exchange.folder.messages = kept.filter(({ uid }) => uid !== 17);
        exchange.answer();
        exchange.folder.messages = kept;
      }
    },
    stay: [17],
    runs: 2,
  },
  {
    name: 'the connection ends at each of four messages',
    hook: (exchange) => {
      const poison = [1, 2, 3, 4].find((uid) => names(exchange, uid));
      if (inAaa(exchange) && asksBody(exchange) && poison !== undefined) exchange.cut();
      else exchange.answer();
    },
    stay: [1, 2, 3, 4],
    runs: 1,
  },
  {
    name: 'a keyword of one message can not be read',
    hook: (exchange) => {
      if (inAaa(exchange) && /FLAGS/.test(JSON.stringify(exchange.args)) && names(exchange, 17))
        exchange.line('17 FETCH (UID 17 FLAGS (a\x04b) RFC822.SIZE 60)');
      exchange.answer();
    },
    stay: [17],
    runs: 9,
  },
];

for (const { name, hook, stay, runs } of oddities) {
  test(`${name}: it stays and is named, all others go, and the next runs do not stumble`, async (t) => {
    const messages = (count: number) =>
      Array.from({ length: count }, (_, index) => scriptedMessage(index + 1));
    const server = await startScriptedImap({
      folders: {
        Aaa: { messages: messages(30), uidValidity: 1 },
        Zzz: { messages: messages(5), uidValidity: 2 },
      },
      hooks: { 'UID FETCH': hook },
    });
    t.after(() => server.stop());
    const site = await makeSite({
      server: { port: server.port },
      users: ['ann@example.com'],
      policies: [policy('old', 365)],
    });
    t.after(() => site.remove());
    for (let run = 1; run <= 3; run += 1) {
      const { code, stdout, stderr } = await site.run(['run', '--yes']);
      assert.deepEqual(left(server, 'Aaa'), stay, stderr);
      assert.deepEqual(left(server, 'Zzz'), []);
      assert.equal(code, run <= runs ? 3 : 0, `run ${run}: ${stdout}${stderr}`);
      if (run === 1)
        for (const uid of stay) assert.match(stderr, new RegExp(`"Aaa" UID ${uid} is (?:kept|quarantined)`));
    }
  });
}

function left(server: ScriptedImap, folder: string): readonly number[] {
  return (server.folders.get(folder)?.messages ?? []).map(({ uid }) => uid);
}
