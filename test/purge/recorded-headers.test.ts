/** A server that answers otherwise about a header field than when the message was archived (SAFETY I1). */
import assert from 'node:assert/strict';
import test from 'node:test';
import { assertExit, makeSite, policy, said } from '../integration/installation.ts';
import { type Hook, scriptedMessage, startScriptedImap } from '../servers/scripted-imap.ts';

for (const lies of [true, false]) {
  test(`mail waits for the copy of a policy that selects it by a header field${lies ? ', though the server reports another field now' : ''}`, async (t) => {
    const state = { lies: false };
    const hooks: Record<string, Hook> = {
      'UID FETCH': ({ folder, args, answer }) => {
        if (folder === null || !state.lies || !JSON.stringify(args).includes('HEADER.FIELDS'))
          return answer();
        const { messages } = folder;
        folder.messages = messages.map((one) => ({ ...one, body: String(one.body).replace('ann@', 'bob@') }));
        answer();
        folder.messages = messages;
      },
    };
    const folders = { INBOX: { messages: [1, 2].map((uid) => scriptedMessage(uid)) } };
    const server = await startScriptedImap({ folders, hooks });
    t.after(() => server.stop());
    const fromAnn = policy('from-ann', 365, { match: { from: 'ann@*' }, delete: undefined });
    const site = await makeSite({ server: { port: server.port }, policies: [policy('old', 365), fromAnn] });
    t.after(() => site.remove());
    state.lies = lies;
    const waits = await site.run(['run', 'old', '--yes']);
    assert.match(said(waits), /kept: 2 \(.*from-ann/);
    assert.equal(server.folders.get('INBOX')?.messages.length, 2);
    state.lies = false;
    for (const _round of [1, 2]) assertExit(await site.run(['run', '--yes']), 0);
    assert.equal(server.folders.get('INBOX')?.messages.length, 0);
  });
}
