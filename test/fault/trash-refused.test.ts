/** Mode `trash` on servers whose Trash is full, gone, or that do not say where mail went. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { seedByAppend } from '../corpus/append.ts';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, describe, makeSite, policy, said, type Site } from '../integration/installation.ts';
import { subjects } from '../integration/subjects.ts';
import { administer } from '../oracle/meddle.ts';
import { assertNothingLost } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { startCyrus } from '../servers/cyrus.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { RawImap } from '../servers/raw-imap.ts';
import { type ProxyRules, startProxy } from './imap-proxy.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

const toTrash = policy('old', 365, {
  folders: { include: ['INBOX'] },
  delete: { after: '0d', mode: 'trash' },
});
const mail = [note('old one', 500), note('old two', 600), note('old three', 700), note('young', 3)];
const old = ['old one', 'old three', 'old two'];

async function siteAt(port: number, user: string): Promise<Site> {
  return makeSite({ server: { port }, users: [user], policies: [toTrash] });
}

interface Refusal {
  readonly name: string;
  readonly rules: () => ProxyRules;
  /** What the report says. */
  readonly words: RegExp;
  /** Old mail that is in the INBOX after the first run. */
  readonly stays: readonly string[];
  /** Old mail that is in Trash after a run through a sound connection. */
  readonly trashed: readonly string[];
}

const first = (): (() => boolean) => {
  let fresh = true;
  return () => fresh && !(fresh = false);
};

const refusals: readonly Refusal[] = [
  {
    name: 'MOVE is refused with OVERQUOTA',
    rules: () => ({
      onCommand: ({ name, tag }) =>
        name === 'UID MOVE' ? { reply: `${tag} NO [OVERQUOTA] Trash is full\r\n` } : 'pass',
    }),
    words: /Trash is full/,
    stays: old,
    trashed: old,
  },
  {
    name: 'MOVE moves one message and is then refused',
    rules: () => {
      const once = first();
      return {
        onCommand: ({ name, tag, rest }) =>
          name === 'UID MOVE' && once()
            ? { send: `${tag} UID MOVE ${/^\d+/.exec(rest)?.[0] ?? ''} Trash\r\n` }
            : 'pass',
        onResponse: ({ text, command }) =>
          command?.name === 'UID MOVE' && text.startsWith(`${command.tag} OK`)
            ? { replace: `${command.tag} NO [LIMIT] not all of them\r\n` }
            : 'pass',
      };
    },
    words: /not all of them/,
    stays: ['old three', 'old two'],
    trashed: old,
  },
  {
    name: 'Trash is gone when MOVE comes',
    // Dovecot makes a Trash that is missing: another name is what it does not have.
    rules: () => ({
      onCommand: ({ name, tag, rest }) =>
        name === 'UID MOVE' ? { send: `${tag} UID MOVE ${rest.replace(/Trash/, 'Nowhere')}\r\n` } : 'pass',
    }),
    words: /doesn't exist/,
    stays: old,
    trashed: old,
  },
  {
    name: 'MOVE moves all and answers without COPYUID',
    rules: () => ({
      onResponse: ({ text, raw, command }) =>
        command?.name === 'UID MOVE' && text.includes('COPYUID')
          ? { replace: raw.toString('latin1').replace(/\[COPYUID [^\]]*\] ?/, '') }
          : 'pass',
    }),
    words: /COPYUID/,
    stays: [],
    trashed: old,
  },
  {
    name: 'MOVE answers OK without COPYUID, and moves nothing',
    rules: () => ({
      onCommand: ({ name, tag }) =>
        name === 'UID MOVE' ? { reply: `${tag} OK Move completed.\r\n` } : 'pass',
    }),
    words: /COPYUID/,
    stays: old,
    trashed: old,
  },
];

for (const [index, { name, rules, words, stays, trashed }] of refusals.entries()) {
  test(`where ${name}, no mail is lost, the run stops there and says so, and the next one ends it`, async (t) => {
    const user = `trash-${index}@example.com`;
    await seedUser(dovecot, user, mail);
    const full = await snapshot(dovecot, user);
    const selected = full.messages.filter(({ subject }) => subject !== 'young');
    const proxy = await startProxy(dovecot, rules());
    t.after(() => proxy.stop());
    const site = await siteAt(proxy.port, user);
    t.after(() => site.remove());
    const run = await site.run(['run', '--yes']);
    assertExit(run, 3);
    assert.match(said(run), words);
    const now = await snapshot(dovecot, user);
    assertNothingLost(full, now, site.archives(), selected);
    assert.deepEqual(subjects(now, 'INBOX'), [...stays, 'young'].toSorted(), describe(run));
    assert.equal(
      proxy.commands.filter((command) => command.name === 'UID MOVE').length,
      1,
      'it goes on moving',
    );

    proxy.rules = {};
    assertExit(await site.run(['run', '--yes']), 0);
    const end = await snapshot(dovecot, user);
    assertNothingLost(full, end, site.archives(), selected);
    assert.deepEqual(subjects(end, 'INBOX'), ['young']);
    assert.deepEqual(subjects(end, 'Trash'), trashed);
    assert.equal(site.archives().length, 1);
  });
}

test('on Cyrus with a Trash over its own quota, mail stays where it is until there is room', async (t) => {
  const cyrus = await startCyrus({ users: ['bob'], quotaKb: 100_000 });
  t.after(() => cyrus.stop());
  const server = { host: '127.0.0.1', port: cyrus.port };
  await seedByAppend(server, 'bob', [...mail, note('large', 800, { size: 60_000 })], { delimiter: '.' });
  await administer(server, 'bob', ['CREATE INBOX.Trash (USE (\\Trash))']);
  await setTrashQuota(cyrus.port, 10);
  const site = await siteAt(cyrus.port, 'bob');
  t.after(() => site.remove());
  const full = await snapshot(server, 'bob');
  const run = await site.run(['run', '--yes']);
  assertExit(run, 3);
  assert.match(said(run), /quota/i);
  assert.deepEqual(await snapshot(server, 'bob'), full);
  await setTrashQuota(cyrus.port, 10_000);
  assertExit(await site.run(['run', '--yes']), 0);
  const end = await snapshot(server, 'bob');
  const selected = full.messages.filter(({ subject }) => subject !== 'young');
  assertNothingLost(full, end, site.archives(), selected);
  assert.deepEqual(subjects(end, 'INBOX'), ['young']);
  assert.deepEqual(subjects(end, 'INBOX.Trash'), ['large', ...old]);
});

async function setTrashQuota(port: number, kb: number): Promise<void> {
  const admin = await RawImap.login(port, 'cyrus');
  await admin.command(`SETQUOTA "user.bob.Trash" (STORAGE ${kb})`);
  admin.close();
}
