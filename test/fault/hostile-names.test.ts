import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { findFiles } from '../oracle/archives.ts';
import { scriptedMessage, startScriptedImap } from '../servers/scripted-imap.ts';

/** Names that no real server of ours gives, as they stand between quotes in LIST. */
const names = [
  'INBOX',
  '../x',
  '../../../../etc/x',
  '/absolute',
  '.',
  '..',
  '.mothball',
  'a/../b',
  'C:\\back\\slash',
  'x'.repeat(300),
  `${'x'.repeat(299)}y`,
  'deep/'.repeat(60),
  'caf&AOk-',
  'cafe&AwE-',
  'caf&AOk',
  '&AAA-nul',
  'tab\tand&ANg-',
  '~/home',
  'a.b',
  'a b',
  'a-b',
];

for (const delimiter of ['/', '.', '']) {
  test(`names chosen to escape or to collide do neither, with ${JSON.stringify(delimiter)} as the delimiter`, async (t) => {
    const server = await startScriptedImap({
      delimiter,
      namespace: `(("" ${delimiter === '' ? 'NIL' : `"${delimiter}"`})) NIL NIL`,
      folders: Object.fromEntries(
        names.map((name, index) => [
          name,
          {
            uidValidity: 7,
            messages: [scriptedMessage(1, { body: `Subject: in ${index}\r\n\r\n${index}\r\n` })],
          },
        ]),
      ),
    });
    t.after(() => server.stop());
    const site = await makeSite({
      server: { port: server.port },
      users: ['../../alice'],
      policies: [policy('old', 365)],
    });
    t.after(() => site.remove());
    assertExit(await site.run(['run', '--yes']), 0);

    const subjects = site
      .archives()
      .flatMap(({ messages }) => messages.map(({ bytes }) => Number(/in (\d+)/.exec(bytes.toString())?.[1])));
    const gone = names.flatMap((name, index) =>
      server.folders.get(name)?.messages.length === 0 ? [index] : [],
    );
    assert.deepEqual(
      subjects.toSorted((a, b) => a - b),
      gone,
      'what is gone has one copy, under its own folder',
    );
    assert.equal(gone.length, names.length);
    for (const path of findFiles(site.archiveDir, '')) {
      const key = path.slice(site.archiveDir.length);
      assert.match(key, /^(\/[\w.@=+-]+)+$/);
      assert.ok(key.split('/').every((part) => part.length <= 255 && part !== '..' && part !== '.'));
    }
    const listed = readdirSync(site.dir).filter(
      (name) => !/^(archive|mothball|policies|password)/.test(name),
    );
    assert.deepEqual(
      listed.filter((name) => !/spool|lock/.test(name)),
      [],
    );
  });
}
