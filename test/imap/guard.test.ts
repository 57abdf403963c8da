import assert from 'node:assert/strict';
import test from 'node:test';
import { ImapFlow } from 'imapflow';
import { checkCommand, fenceKeyword } from '../../src/imap/guard.ts';
import { GuardedClient } from '../../src/imap/guarded-client.ts';
import { type Argument, atom, quoted, sequence, verbatim } from '../../src/imap/wire-token.ts';
import { execOf } from '../../src/imap/exec.ts';
import { failsWith } from '../contract/mail-world.ts';

const deleted = [atom('\\Deleted')];
const set = sequence('1:3,7');
const since = [atom('UNCHANGEDSINCE'), atom('12')];

test('what Mothball sends passes the guard', () => {
  const allowed: readonly (readonly [string, readonly Argument[]])[] = [
    ['UID STORE', [set, atom('+FLAGS.SILENT'), deleted]],
    ['UID STORE', [set, since, atom('+FLAGS.SILENT'), deleted]],
    ['UID STORE', [set, atom('-FLAGS.SILENT'), deleted]],
    ['UID STORE', [set, atom('+FLAGS.SILENT'), [atom(fenceKeyword)]]],
    ['UID EXPUNGE', [set]],
    ['UID MOVE', [set, quoted('Trash')]],
    ['UID FETCH', [set, verbatim('(UID BODY.PEEK[]<0.4>)')]],
    ['UID SEARCH', [atom('ALL')]],
    ['SELECT', [quoted('INBOX')]],
    ['APPEND', []],
    ['CREATE', []],
    ['SUBSCRIBE', [quoted('New')]],
    ['LOGOUT', []],
  ];
  for (const [command, args] of allowed) checkCommand(command, args);
});

test('anything else is stopped', () => {
  const refused: readonly (readonly [string, readonly Argument[]])[] = [
    ...['EXPUNGE', 'CLOSE', 'UNSELECT', 'DELETE', 'RENAME', 'STORE', 'COPY', 'MOVE', 'FETCH', 'SEARCH'].map(
      (command) => [command, [set]] as const,
    ),
    ...['UID COPY', 'SETACL', 'SETQUOTA', 'UNSUBSCRIBE', 'COMPRESS', 'IDLE', 'XYZ', 'uid expunge', ''].map(
      (command) => [command, [set]] as const,
    ),
    ...['*', '1:*', '*:4', '1,*', '', '0', '1:', '$', '1 2'].map(
      (text) => ['UID EXPUNGE', [sequence(text)]] as const,
    ),
    ...['1:*', '*'].map((text) => ['UID MOVE', [sequence(text), quoted('Trash')]] as const),
    ['UID EXPUNGE', []],
    ['SUBSCRIBE', []],
    ['UID EXPUNGE', [set, set]],
    ['UID EXPUNGE', ['1:3']],
    ['UID STORE', [sequence('1:*'), atom('+FLAGS.SILENT'), deleted]],
    ['UID STORE', [set, atom('FLAGS.SILENT'), deleted]],
    ['UID STORE', [set, atom('FLAGS'), deleted]],
    ['UID STORE', [set, atom('+FLAGS'), deleted]],
    ['UID STORE', [set, atom('+FLAGS.SILENT'), [atom('\\Seen')]]],
    ['UID STORE', [set, atom('+FLAGS.SILENT'), [atom('\\Deleted'), atom('\\Seen')]]],
    ['UID STORE', [set, atom('+FLAGS.SILENT'), []]],
    ['UID STORE', [set, [atom('OTHER'), atom('1')], atom('+FLAGS.SILENT'), deleted]],
    ['UID STORE', [set, since, atom('+FLAGS.SILENT'), deleted, deleted]],
    ['UID FETCH', [set, verbatim('BODY[]')]],
    ['UID FETCH', [set, [atom('UID'), atom('RFC822')]]],
    ['UID FETCH', [sequence('1:*'), atom('FLAGS')]],
  ];
  for (const [command, args] of refused) {
    assert.throws(
      () => checkCommand(command, args),
      failsWith('guard'),
      `${command} ${JSON.stringify(args)}`,
    );
  }
});

test('a body read without PEEK inside a list is stopped', () => {
  assert.throws(() => checkCommand('UID FETCH', [set, verbatim('(UID BODY[])')]), failsWith('guard'));
  assert.throws(() => checkCommand('UID FETCH', [set, verbatim('(RFC822.TEXT UID)')]), failsWith('guard'));
});

test('imapflow still sends through the points that the guard and the wire hold on to', () => {
  const client = new GuardedClient(
    { host: 'x', port: 1, logger: false },
    {
      who: 't',
      requireTls: true,
      plainOnly: false,
      permit: null,
      fingerprints: [],
      plainResponse: null,
    },
  );
  assert.equal(typeof Reflect.get(ImapFlow.prototype, 'send'), 'function');
  assert.equal(Reflect.get(client, 'send'), Reflect.get(GuardedClient.prototype, 'send'));
  assert.equal(typeof execOf(client), 'function');
});
