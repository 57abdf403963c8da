import assert from 'node:assert/strict';
import test from 'node:test';
import { failsWith } from '../contract/mail-world.ts';
import { scriptedMessage } from '../servers/scripted-imap.ts';
import { withScripted } from './scripted.ts';

test('the identity of a folder and its mod-sequence are those of this SELECT', async () => {
  const folders = { INBOX: { uidValidity: 4294967295, mailboxId: 'F1', messages: [scriptedMessage(9)] } };
  await withScripted({ folders }, async (session, server) => {
    const first = await session.select('INBOX');
    assert.deepEqual(first, {
      path: 'INBOX',
      uidValidity: 4294967295,
      mailboxId: 'F1',
      uidNext: 10,
      highestModseq: 10n,
      messages: 1,
      readOnly: false,
    });
    const inbox = server.folders.get('INBOX');
    assert.ok(inbox);
    inbox.uidValidity = 8;
    inbox.highestModseq = 12;
    const second = await session.examine('INBOX');
    assert.deepEqual([second.uidValidity, second.highestModseq, second.readOnly], [8, 12n, true]);
    assert.equal(server.log.filter((line) => /^(?:SELECT|EXAMINE)/.test(line)).length, 2);
  });
});

test('UIDNEXT, MAILBOXID and HIGHESTMODSEQ may be missing', async () => {
  const folders = { INBOX: { uidNext: null, highestModseq: null }, Old: { highestModseq: 0 } };
  await withScripted({ folders }, async (session) => {
    const state = await session.examine('INBOX');
    assert.deepEqual([state.uidNext, state.mailboxId, state.highestModseq], [null, null, null]);
    assert.equal((await session.examine('Old')).highestModseq, null);
  });
});

test('a mod-sequence beyond 2^53 is exact', async () => {
  const hooks = {
    EXAMINE: ({ line, ok }: { line: (text: string) => void; ok: () => void }) => {
      line('0 EXISTS');
      line('OK [UIDVALIDITY 1] v');
      line('OK [HIGHESTMODSEQ 9223372036854775807] h');
      ok();
    },
  };
  await withScripted({ hooks }, async (session) => {
    assert.equal((await session.examine('INBOX')).highestModseq, 9223372036854775807n);
  });
});

test('SELECT answered READ-ONLY is unsupported, and no folder stays selected', async () => {
  await withScripted({ folders: { INBOX: { readOnly: true } } }, async (session) => {
    await assert.rejects(session.select('INBOX'), failsWith('unsupported'));
    await assert.rejects(session.search([]), failsWith('guard'));
  });
});

test('a folder without UIDVALIDITY, or with an impossible one, is left alone', async () => {
  for (const code of ['', 'OK [UIDVALIDITY 0] v', 'OK [UIDVALIDITY 4294967296] v', 'OK [UIDVALIDITY x] v']) {
    const hooks = {
      EXAMINE: ({ line, ok }: { line: (text: string) => void; ok: () => void }) => {
        line('0 EXISTS');
        if (code !== '') line(code);
        ok();
      },
    };
    await withScripted({ hooks }, async (session) => {
      await assert.rejects(session.examine('INBOX'), failsWith('unsupported'), code);
    });
  }
});

test('folders of other namespaces, mirrors and INBOX in any case are told apart', async () => {
  const folders = {
    inbox: { attributes: '' },
    'inbox.Trash': { attributes: '\\Trash' },
    'INBOX.All Mail': { attributes: '\\All' },
    'INBOX.Starred': { attributes: '\\Flagged' },
    'user.ann': { attributes: '\\Noselect' },
    'user.ann.Work': { attributes: '' },
    'Shared.Team': { attributes: '\\NonExistent' },
    'virtual.unseen': { attributes: '' },
  };
  const namespace = '(("INBOX." ".")) (("user." ".")) (("" "."))';
  await withScripted({ folders, namespace, delimiter: '.' }, async (session) => {
    const rows = (await session.folders()).map((folder) => [
      folder.path,
      folder.name,
      folder.namespace,
      folder.roles.join(),
      folder.selectable,
      folder.mirror,
    ]);
    assert.deepEqual(rows, [
      ['inbox', 'INBOX', 'personal', 'inbox', true, false],
      ['inbox.Trash', 'Trash', 'personal', 'trash', true, false],
      ['INBOX.All Mail', 'All Mail', 'personal', 'all', true, true],
      ['INBOX.Starred', 'Starred', 'personal', 'flagged', true, true],
      ['user.ann', 'ann', 'other', '', false, false],
      ['user.ann.Work', 'ann/Work', 'other', '', true, false],
      ['Shared.Team', 'Shared/Team', 'shared', '', false, false],
      ['virtual.unseen', 'virtual/unseen', 'shared', '', true, true],
    ]);
  });
});

test('a server without hierarchy has no delimiter', async () => {
  const folders = { INBOX: {}, 'a/b.c': {} };
  await withScripted({ folders, delimiter: '', namespace: '(("" NIL)) NIL NIL' }, async (session) => {
    const [, folder] = await session.folders();
    assert.deepEqual([folder?.path, folder?.name, folder?.delimiter], ['a/b.c', 'a/b.c', null]);
  });
});

test('without STATUS=SIZE a size is the sum of the messages, or an error, never a guess', async () => {
  const messages = [scriptedMessage(1, { size: 100 }), scriptedMessage(5, { size: 23 })];
  const options = { capabilities: 'IMAP4rev1 AUTH=PLAIN', folders: { INBOX: { messages } } };
  await withScripted(options, async (session) => {
    assert.deepEqual(await session.size('INBOX'), { messages: 2, bytes: 123 });
    await assert.rejects(session.search([]), failsWith('guard'));
  });
  await withScripted(
    { folders: { INBOX: { messages: [scriptedMessage(1, { size: -1 })] } } },
    async (session) => {
      await assert.rejects(session.size('INBOX'), failsWith('protocol'));
    },
  );
});
