import assert from 'node:assert/strict';
import { uid, uidValidity } from '../../src/domain/brands.ts';
import type { Hold, Policy } from '../../src/domain/policy.ts';
import type { ReasonCode } from '../../src/domain/reason.ts';
import { digest } from '../contract/catalog-samples.ts';
import { olderThan } from '../domain/subjects.ts';
import { fetchRow } from '../servers/scripted-fetch.ts';
import { argList } from '../servers/scripted-parse.ts';
import type { ScriptedMessage } from '../servers/scripted-types.ts';
import { type AccountWorld, usual } from '../work/account-world.ts';

export interface Row {
  /** Continues "mail stays when". */
  readonly when: string;
  readonly code: ReasonCode;
  /** The message as it was archived; its neighbour is a usual one. */
  readonly before?: Partial<ScriptedMessage>;
  readonly change?: (world: AccountWorld, message: ScriptedMessage) => Promise<void> | void;
  /** Changes of the policy until today. */
  readonly today?: Partial<Policy>;
  readonly others?: readonly Policy[];
  readonly holds?: readonly Hold[];
  /** True: the neighbour stays for the same reason. */
  readonly both?: true;
}

export const body = (text: string): string =>
  `From: ann@example.com\r\nSubject: ${text}\r\n\r\nbody of it\r\n`;
const place = { server: 'test', account: 'bob', folder: 'INBOX', uidValidity: uidValidity(7) };
const everybody = { include: ['*'], exclude: [] };

/** Replaces the first message; a UID that is given out again looks like this. */
const becomes =
  (changes: Partial<ScriptedMessage>) =>
  (world: AccountWorld, message: ScriptedMessage): void => {
    world.server.folders.get('INBOX')?.messages.splice(0, 1, { ...message, ...changes });
  };
export const flagsBecome = (...flags: readonly string[]) => becomes({ flags });

export const rows: readonly Row[] = [
  {
    when: 'its folder is gone',
    code: 'folder-gone',
    change: (world) => void world.server.folders.delete('INBOX'),
    both: true,
  },
  {
    when: 'its folder has another UIDVALIDITY',
    code: 'another-folder',
    change: (world) => void Object.assign(world.server.folders.get('INBOX') ?? {}, { uidValidity: 8 }),
    both: true,
  },
  {
    when: 'its folder has another MAILBOXID',
    code: 'another-folder',
    change: (world) => void Object.assign(world.server.folders.get('INBOX') ?? {}, { mailboxId: 'M2' }),
    both: true,
  },
  {
    when: 'its UID names a message with another INTERNALDATE',
    code: 'another-message',
    change: becomes({ internalDate: '01-Jan-2020 10:00:01 +0000' }),
  },
  {
    when: 'its UID names a message of another size',
    code: 'another-message',
    change: becomes({ body: body('a longer subject') }),
  },
  {
    when: 'its UID names a message with another EMAILID',
    code: 'another-message',
    before: { emailId: 'E1' },
    change: becomes({ emailId: 'E9' }),
  },
  {
    when: 'its UID names a message with another header of the same length',
    code: 'another-message',
    change: becomes({ body: body('second') }),
  },
  {
    when: 'its body is another under the same header, and the policy compares bodies',
    code: 'another-message',
    change: becomes({ body: body('first1').replace('body of it', 'body of me') }),
    today: { recheck: 'body' },
  },
  {
    when: 'the server no longer reports its size',
    code: 'another-message',
    change: (world) => {
      world.hooks['UID FETCH'] = (exchange) => {
        const items = argList(exchange.args[1]).filter((item) => item !== 'RFC822.SIZE');
        const folder = exchange.folder ?? assert.fail();
        for (const message of folder.messages) exchange.send(fetchRow(folder, message, items));
        exchange.ok();
      };
    },
    both: true,
  },
  {
    when: 'the clock was set back to before it arrived',
    code: 'date-unknown',
    change: (world) => void (world.now = new Date('2019-06-01T00:00:00Z')),
    both: true,
  },
  {
    when: 'the policy no longer covers its folder',
    code: 'folder-not-covered',
    today: { folders: { include: ['**'], exclude: ['INBOX'], namespaces: ['personal'] } },
    both: true,
  },
  { when: 'the server got its size wrong', code: 'size-wrong', before: { size: 10 } },
  {
    when: 'it was quarantined',
    code: 'quarantined',
    change: ({ catalog, now: at }) =>
      catalog.quarantineUid({ ...place, mailboxId: 'M1', uid: uid(1), reason: 'it ends connections', at }),
  },
  {
    when: 'the server can not say what the policy asks for',
    code: 'undecidable',
    today: { match: { kind: 'olderThan', age: { count: 30, unit: 'd' }, from: 'saved' } },
    both: true,
  },
  { when: 'the policy selects less', code: 'no-match', today: { match: olderThan(9_000) }, both: true },
  {
    when: 'its flags can no longer be read',
    code: 'flags-unknown',
    change: (world) => {
      world.hooks['UID FETCH'] = (exchange) => {
        const folder = exchange.folder ?? assert.fail();
        const items = argList(exchange.args[1]);
        for (const message of folder.messages)
          exchange.send(
            fetchRow(folder, message.uid === 1 ? { ...message, flags: ['50%'] } : message, items),
          );
        exchange.ok();
      };
    },
  },
  { when: 'it was flagged', code: 'flagged', change: flagsBecome('\\Flagged') },
  { when: 'it was marked as a draft', code: 'draft', change: flagsBecome('\\Draft') },
  { when: 'another client marked it as deleted', code: 'deleted', change: flagsBecome('\\Deleted') },
  {
    when: 'a restore put it there',
    code: 'restored',
    change: ({ catalog, now: at }) =>
      catalog.addRestores([
        { ...place, uid: uid(1), sha256: digest('it'), outcome: 'restored', detail: null, at },
      ]),
  },
  {
    when: 'it is a notice that was marked unread again',
    code: 'notice-unread',
    before: { body: `X-Mothball-Notice: 1\r\n${body('first1')}`, flags: ['\\Seen'] },
    change: flagsBecome(),
    today: {
      notify: { template: null, subject: null, from: null, every: { count: 7, unit: 'd' }, nearFull: 90 },
    },
  },
  {
    when: 'a hold covers it',
    code: 'held',
    holds: [
      {
        name: 'case',
        accounts: everybody,
        match: { kind: 'header', name: 'subject', globs: ['first1'] },
      },
    ],
  },
  {
    when: 'another policy that archives it has no copy yet',
    code: 'copy-missing',
    others: [{ ...usual, name: 'second', match: { kind: 'header', name: 'subject', globs: ['first1'] } }],
  },
];
