import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { uid } from '../../src/domain/brands.ts';
import type { MessageMeta } from '../../src/domain/message.ts';
import type { MailSession } from '../../src/ports/mail.ts';
import { type GmailServer, startGmail } from '../servers/gmail.ts';
import { allMail, type NewGmailMessage } from '../servers/gmail-mailbox.ts';
import { withScripted } from './scripted.ts';
import { login } from './sessions.ts';

async function gmail(
  t: TestContext,
  messages: readonly NewGmailMessage[],
): Promise<{ readonly server: GmailServer; readonly session: MailSession }> {
  const server = await startGmail();
  for (const message of messages) server.mailbox.add(message);
  const session = await login(server.port, 'bob');
  t.after(async () => {
    await session[Symbol.asyncDispose]();
    await server.stop();
  });
  return { server, session };
}

async function metas(session: MailSession): Promise<readonly MessageMeta[]> {
  const found: MessageMeta[] = [];
  for await (const meta of session.fetchMeta(await session.search([]))) found.push(meta);
  return found;
}

test('labels come sorted and decoded, with the number of the message', async (t) => {
  const labels = ['\\Inbox', 'Work', 'Clients/Zo&AOs-', 'Muy Importante'];
  const { server, session } = await gmail(t, [{ body: 'a: b\r\n\r\n', labels }]);
  await session.examine(allMail);
  const [meta] = await metas(session);
  assert.deepEqual(meta?.labels, ['Clients/Zoë', 'Muy Importante', 'Work', '\\Inbox'].toSorted());
  assert.equal(meta.emailId, server.mailbox.messages[0]?.id);
});

for (const [sent, labels] of [
  ['(\\Inbox \\Sent Important "Muy Importante")', ['Important', 'Muy Importante', '\\Inbox', '\\Sent']],
  ['("\\\\Inbox" "NIL" "a\\"b")', ['NIL', '\\Inbox', 'a"b']],
  ['()', []],
  ['(NIL)', null],
  ['NIL', null],
] as const)
  test(`X-GM-LABELS ${sent} is read as ${JSON.stringify(labels)}`, async () => {
    const hooks = {
      'UID FETCH': ({ line, ok }: { line(text: string): void; ok(): void }) => {
        line(`1 FETCH (UID 1 FLAGS () X-GM-MSGID 12 X-GM-LABELS ${sent})`);
        ok();
      },
    };
    await withScripted({ capabilities: 'IMAP4rev1 X-GM-EXT-1', hooks }, async (session) => {
      await session.examine('INBOX');
      const found: MessageMeta[] = [];
      for await (const meta of session.fetchMeta([uid(1)])) found.push(meta);
      assert.deepEqual(
        found.map((meta) => meta.labels),
        [labels],
      );
    });
  });

test('a message is found by its X-GM-MSGID, and what is no number is not sent', async (t) => {
  const { server, session } = await gmail(t, [{ body: 'a' }, { body: 'b' }]);
  await session.examine(allMail);
  const id = server.mailbox.messages[1]?.id ?? '';
  assert.deepEqual(await session.search([{ kind: 'gmailId', id }]), [2]);
  await session.search([{ kind: 'gmailId', id: '1 DELETED' }]);
  assert.ok(!server.log.some((line) => line.includes('DELETED')));
});

test('labels are added beside those that a message has, and a new one is created', async (t) => {
  const { server, session } = await gmail(t, [{ body: 'a', labels: ['Work'] }]);
  await session.select(allMail);
  await session.addLabels([uid(1)], ['\\Inbox', 'Zoë & more']);
  const [message] = server.mailbox.messages;
  assert.deepEqual(
    [...(message?.labels ?? [])].toSorted(),
    ['Work', 'Zo&AOs- &- more', '\\Inbox'].toSorted(),
  );
  const [meta] = await metas(session);
  assert.deepEqual(meta?.labels, ['Work', 'Zoë & more', '\\Inbox'].toSorted());
});

for (const label of ['\\Trash', '\\Spam', '\\Junk', '\\trash', '\\Unheard', ''])
  test(`the label ${JSON.stringify(label)} is never added`, async (t) => {
    const { server, session } = await gmail(t, [{ body: 'a', labels: ['Work'] }]);
    await session.select(allMail);
    await assert.rejects(session.addLabels([uid(1)], ['\\Inbox', label]), { code: 'guard' });
    assert.ok(!server.log.some((line) => line.includes('UID STORE')));
  });
