/** One run, many faults (SAFETY I8): 3 of 30 folders are odd and 5 of 1,000 messages are poisoned, each in its own way. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { makeSite, policy } from '../integration/installation.ts';
import { type Exchange, type Hook, scriptedMessage, startScriptedImap } from '../servers/scripted-imap.ts';
import { inSet } from '../servers/scripted-parse.ts';
import type { ScriptedFolder } from '../servers/scripted-types.ts';

const odd = { refused: 'F07', broken: 'F15', unidentified: 'F23' } as const;
/** The UID of the poisoned message in each of these folders. */
const poisoned = { F03: 5, F10: 1, F13: 37, F20: 9, F29: 30 } as const;

const folderNames = Array.from({ length: 30 }, (_, index) => `F${String(index + 1).padStart(2, '0')}`);

/** 10 folders of 40 messages and 20 of 30. */
function thirtyFolders(): Record<string, Partial<ScriptedFolder>> {
  const entries = folderNames.map((name, index) => {
    const messages = Array.from({ length: index % 3 === 0 ? 40 : 30 }, (_, at) => scriptedMessage(at + 1));
    const uidValidity = name === odd.unidentified ? 1_713_632_002_544 : index + 1;
    return [name, { messages, uidValidity }] as const;
  });
  return { INBOX: { messages: [], uidValidity: 1000 }, ...Object.fromEntries(entries) };
}

const names = ({ args }: Exchange, folder: string): boolean => args.flat(3).includes(folder);
const isIn = ({ folder }: Exchange, name: string): boolean =>
  folder?.uidValidity === folderNames.indexOf(name) + 1;
const asksFor = (exchange: Exchange, folder: keyof typeof poisoned): boolean =>
  isIn(exchange, folder) && inSet(String(exchange.args[0]), poisoned[folder]);

const opening: Hook = (exchange) => {
  if (names(exchange, odd.refused)) return exchange.no('[NOPERM] Permission denied');
  if (names(exchange, odd.broken)) return exchange.cut();
  exchange.answer();
};

const fetching: Hook = (exchange) => {
  const body = JSON.stringify(exchange.args).includes('BODY.PEEK[]');
  if (body && asksFor(exchange, 'F03')) return exchange.no('Server error - Please try again later');
  if (body && asksFor(exchange, 'F10')) return exchange.bad('Command Error. 11');
  if (body && asksFor(exchange, 'F13')) return exchange.cut();
  if (!body && asksFor(exchange, 'F20')) return exchange.no('[SERVERBUG] Internal error');
  if (!body && asksFor(exchange, 'F29')) {
    const uid = poisoned.F29;
    exchange.line(`${uid} FETCH (UID ${uid} FLAGS (50%) INTERNALDATE "x" RFC822.SIZE 60)`);
  }
  exchange.answer();
};

test('3 odd folders of 30 and 5 poisoned messages of 1,000: one run archives and deletes all the rest, names the 8, and the next does not stumble over them', async (t) => {
  const server = await startScriptedImap({
    folders: thirtyFolders(),
    hooks: { STATUS: opening, EXAMINE: opening, SELECT: opening, 'UID FETCH': fetching },
  });
  t.after(() => server.stop());
  const total = [...server.folders.values()].reduce((sum, { messages }) => sum + messages.length, 0);
  assert.equal(total, 1000);
  const site = await makeSite({
    server: { port: server.port },
    users: ['ann@example.com'],
    policies: [policy('old', 365, { limits: { maxPercent: 100 } })],
  });
  t.after(() => site.remove());

  const left = (): Record<string, readonly number[]> =>
    Object.fromEntries(
      [...server.folders].flatMap(([name, { messages }]) =>
        messages.length === 0 ? [] : [[name, messages.map(({ uid }) => uid)] as const],
      ),
    );
  const expected = {
    ...Object.fromEntries(Object.entries(poisoned).map(([name, uid]) => [name, [uid]])),
    ...Object.fromEntries(
      Object.values(odd).map((name) => [
        name,
        server.folders.get(name)?.messages.map(({ uid }) => uid) ?? [],
      ]),
    ),
  };
  const first = await site.run(['run', '--yes', '--json']);
  assert.deepEqual(left(), expected, first.stderr);
  assert.equal(first.code, 3, first.stderr);
  for (const name of Object.values(odd)) assert.match(first.stderr, new RegExp(`folder "${name}" skipped: `));
  for (const [name, uid] of Object.entries(poisoned))
    assert.match(first.stderr, new RegExp(`"${name}" UID ${uid} is (?:kept|quarantined)`));
  const [report] = JSON.parse(first.stdout).runs;
  const gone = 1000 - Object.values(expected).reduce((sum, uids) => sum + uids.length, 0);
  assert.deepEqual([report.archived.messages, report.deleted.messages], [gone, gone]);
  assert.deepEqual(report.errors, []);

  for (const name of ['F01', 'F30'])
    server.folders.get(name)?.messages.push(scriptedMessage(1001), scriptedMessage(1002));
  const connections = server.connections;
  const commands = server.log.length;
  const second = await site.run(['run', '--yes', '--json']);
  assert.deepEqual(left(), expected, second.stderr);
  assert.equal(second.code, 3);
  const [again] = JSON.parse(second.stdout).runs;
  assert.deepEqual([again.archived.messages, again.deleted.messages, again.errors], [4, 4, []]);
  // One of the odd folders ends the connection that asks for all at once, too.
  assert.ok(server.connections - connections <= 4, `${server.connections - connections} connections`);
  const bodies = server.log
    .slice(commands)
    .filter((line) => line.startsWith('UID FETCH') && line.includes('BODY.PEEK[]'));
  assert.ok(bodies.length <= 4, `the poisoned messages are asked for again: ${bodies.join('; ')}`);
  for (const name of [odd.refused, odd.unidentified]) {
    const asked = server.log.slice(commands).filter((line) => line.includes(`"${name}"`));
    assert.deepEqual(
      asked.filter((line) => !line.startsWith('GETQUOTAROOT')),
      [`EXAMINE "${name}" (CONDSTORE)`],
    );
  }
});
