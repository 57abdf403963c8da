import assert from 'node:assert/strict';
import test from 'node:test';
import { uid } from '../../src/domain/brands.ts';
import { openSession } from '../../src/imap/mail.ts';
import {
  type Hook,
  scriptedFolder,
  scriptedMessage,
  type ScriptedOptions,
} from '../servers/scripted-types.ts';
import { Connection } from '../../src/work/connection.ts';
import { surveyOf } from '../../src/work/survey.ts';
import { withServer } from './scripted.ts';
import { accountOf, serverAt } from './sessions.ts';

const folders = { INBOX: scriptedFolder({ messages: [scriptedMessage(1)] }) };

/** Exchange's words, for the first so many commands of this name. */
function busy(name: string, times: number, ms: number): NonNullable<ScriptedOptions['hooks']> {
  let left = times;
  return {
    [name]: (exchange) => {
      if (left-- > 0) exchange.bad(`Request is throttled. Suggested Backoff Time: ${ms} milliseconds`);
      else exchange.answer();
    },
  };
}

test('a server that throttles is waited for as long as it says, and asked again on the same connection', async () => {
  await withServer({ folders, hooks: busy('EXAMINE', 2, 300) }, async (server) => {
    let waited = 0;
    const hooks = { throttled: (_server: string, ms: number) => void (waited += ms) };
    // The time of a command is shorter than the pause: waiting is no silence.
    await using session = await openSession(
      serverAt(server.port, { commandTimeoutMs: 200 }),
      accountOf('bob'),
      hooks,
    );
    assert.equal((await session.examine('INBOX')).messages, 1);
    assert.equal(waited, 600);
  });
});

test('a command that changes mail is not sent again by itself', async () => {
  await withServer({ folders, hooks: busy('UID STORE', 1, 50) }, async (server) => {
    await using session = await openSession(serverAt(server.port), accountOf('bob'));
    await session.select('INBOX');
    await assert.rejects(session.markDeleted([uid(1)], null), { code: 'connect', retryable: true });
  });
});

test('a server that throttles what comes together is asked one by one', async () => {
  let last = 0;
  const together: Hook = (exchange) => {
    const now = performance.now();
    const soon = now - last < 5;
    last = now;
    if (soon) exchange.bad('Request is throttled. Suggested Backoff Time: 50 milliseconds');
    else exchange.answer();
  };
  const many = Object.fromEntries(['INBOX', 'One', 'Two'].map((name) => [name, scriptedFolder({})]));
  await withServer({ folders: many, hooks: { STATUS: together } }, async (server) => {
    await using connection = new Connection(() => openSession(serverAt(server.port), accountOf('bob')));
    const wish = { sizes: () => true, roots: 'each namespace' as const };
    const { folders: found } = await surveyOf(connection, wish);
    assert.equal(found.length, 3);
    assert.equal(connection.together, false);
  });
});
