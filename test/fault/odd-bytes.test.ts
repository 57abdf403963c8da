import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { note } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { assertExit, makeSite, policy } from '../integration/installation.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import { snapshot } from '../oracle/snapshot.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type ProxiedResponse, type ResponseVerdict, startProxy } from './imap-proxy.ts';

let dovecot: Dovecot;

before(async () => {
  dovecot = await startDovecot();
});

after(() => dovecot.stop());

/** The same number of octets, with what Dovecot never delivers: NUL, bare LF, bare CR. */
function spoil(body: Buffer): Buffer {
  const end = body.indexOf('\r\n\r\n');
  if (end < 0) return body;
  const text = body
    .toString('latin1', end + 4)
    .replaceAll('NUL', '\0\0\0')
    .replaceAll('LF\r\n', 'LF\n\n')
    .replaceAll('CR\r\n', '\r\rCR');
  return Buffer.concat([body.subarray(0, end + 4), Buffer.from(text, 'latin1')]);
}

function deliver({ literals, lines, text }: ProxiedResponse): ResponseVerdict {
  if (!/^\* \d+ FETCH /.test(text)) return 'pass';
  if (/UID 1\b/.test(text)) return { replace: `${emptied(lines)}\r\n` };
  const [body] = literals;
  if (body === undefined || !/BODY\[\]/.test(text)) return 'pass';
  return {
    replace: Buffer.concat([Buffer.from(`${lines[0]}\r\n`), spoil(body), Buffer.from(`${lines[1]}\r\n`)]),
  };
}

/** UID 1 is a message of 0 octets, whatever is asked of it. */
function emptied(lines: readonly string[]): string {
  return lines
    .join('')
    .replace(/RFC822\.SIZE \d+/, 'RFC822.SIZE 0')
    .replaceAll(/(BODY\[[^\]]*\](?:<\d+>)?) \{\d+\}/g, '$1 ""');
}

test('NUL, bare LF, bare CR and a message of 0 octets are archived as IMAP delivers them', async (t) => {
  const user = 'odd@example.com';
  const texts = ['empty', 'NUL in NUL it NUL', 'ends its lines in LF', 'and another in CR', 'LF and NUL'];
  await seedUser(
    dovecot,
    user,
    texts.map((text, index) => note(text, 500 + index)),
  );
  const proxy = await startProxy(dovecot, { onResponse: deliver });
  t.after(() => proxy.stop());
  const full = await snapshot(proxy, user);
  assert.equal(full.messages[0]?.size, 0);
  const plain = await snapshot(dovecot, user);
  assert.deepEqual(
    full.messages.filter(({ sha256 }, index) => sha256 === plain.messages[index]?.sha256),
    [],
  );
  const site = await makeSite({
    server: { port: proxy.port },
    users: [user],
    policies: [policy('old', 365)],
  });
  t.after(() => site.remove());
  assertExit(await site.run(['run', '--yes']), 0);
  assertExactlyGone(full, await snapshot(proxy, user), site.archives(), full.messages);
});
