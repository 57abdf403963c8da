/** What is written in archived mail is found, as long as it is archived, and nothing depends on it. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { clockOffBy } from '../fault/off-by.ts';
import { findFiles } from '../oracle/archives.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import type { SearchDocument } from './documents.ts';
import { assertExit, makeSite, policy, said, type Site } from './installation.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});
after(() => dovecot.stop());

const index = { text: true };

/** A letter with an attachment, another without, and one that is no mail at all. */
async function letters(t: test.TestContext, user: string, changes: object): Promise<Site> {
  const plain = note('Plain', 500);
  const raw = [
    'Subject: Contract',
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x',
    'Content-Type: text/html',
    '',
    '<p>The <b>gadg</b>ets cost 700 złoty</p>',
    '--x',
    'Content-Type: application/pdf; name="offer 2019.pdf"',
    'Content-Disposition: attachment; filename="offer 2019.pdf"',
    '',
    'x',
    '--x--',
    '',
  ];
  await seedByAppend(dovecot, user, [
    { ...plain, raw: Buffer.from('Subject: Plain\r\n\r\nTwo gadgets for a friend\r\n') },
    { ...note('Contract', 490), raw: Buffer.from(raw.join('\r\n')) },
    { ...note('Noise', 480), raw: Buffer.alloc(3000, 0xfe) },
  ]);
  const site = await makeSite({
    server: { port: dovecot.port },
    users: [user],
    policies: [policy('old', 365, { delete: { after: '7d' }, ...changes })],
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  return site;
}

async function subjects(site: Site, query: string): Promise<readonly (string | null)[]> {
  const { messages } = await site.json<SearchDocument>(['search', query]);
  return messages.map(({ subject }) => subject);
}

const queries: readonly (readonly [query: string, subjects: readonly string[]])[] = [
  ['gadgets', ['Contract', 'Plain']],
  ['gadgets 700', ['Contract']],
  ['body:friend OR attachment:offer', ['Contract', 'Plain']],
  ['attachment:"offer 2019"', ['Contract']],
  ['has:attachment', ['Contract']],
  ['gadgets -has:attachment', ['Plain']],
  ['gadgets -body:zloty', ['Plain']],
  ['-folder:INBOX', []],
];

test('text and attachments are found after a run, after a reindex of nothing but the archive, and not after they are erased', async (t) => {
  const site = await letters(t, 'tess', { index });
  for (const [query, found] of queries) assert.deepEqual(await subjects(site, query), found, query);
  // Without its policy: the manifest says that there was an index.
  await site.configure({ policies: [policy('other', 3650)] });
  await site.removeDatabase();
  assert.match(said(await site.run(['reindex', '--yes'])), /the text of 1 archive was indexed/);
  assert.doesNotMatch(said(await site.run(['reindex', '--yes'])), /was indexed/);
  for (const [query, found] of queries) assert.deepEqual(await subjects(site, query), found, query);
  const lines = readFileSync(site.database, 'latin1');
  assert.ok(lines.includes('gadgets'), 'this test looks at the wrong place');
  assertExit(await site.run(['expire', '--account', 'tess', '--reason', 'asked to', '--yes']), 0);
  assert.deepEqual(await subjects(site, 'gadgets'), []);
});

test('a policy that asks for it later has its older archives indexed by a reindex', async (t) => {
  const site = await letters(t, 'vera', {});
  assert.deepEqual(await subjects(site, 'gadgets'), []);
  await site.configure({ policies: [policy('old', 365, { delete: { after: '7d' }, index })] });
  assertExit(await site.run(['run', '--yes']), 0);
  assert.deepEqual(await subjects(site, 'gadgets'), [], 'only what is archived from now on');
  assertExit(await site.run(['reindex', '--yes']), 0);
  assert.deepEqual(await subjects(site, 'gadgets'), ['Contract', 'Plain']);
});

test('an archive whose text can not be read holds up nothing, and mail is deleted as without an index', async (t) => {
  const site = await letters(t, 'wanda', { index: { text: false } });
  await site.configure({ policies: [policy('old', 365, { delete: { after: '7d' }, index })] });
  const [object = ''] = findFiles(site.archiveDir, '.mbox.zst');
  const good = readFileSync(object);
  writeFileSync(object, Buffer.alloc(good.length));
  const { code, stderr } = await site.run(['reindex', '--yes']);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /the text of archive \w+ in store local is not indexed/);
  assert.deepEqual(await subjects(site, 'gadgets'), []);
  writeFileSync(object, good);
  assertExit(await site.run(['run', '--yes'], { clock: clockOffBy(8) }), 0);
  assert.deepEqual((await snapshot(dovecot, 'wanda')).messages, []);
  assertExit(await site.run(['reindex', '--yes']), 0);
  assert.deepEqual(await subjects(site, 'gadgets'), ['Contract', 'Plain']);
});
