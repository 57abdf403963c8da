import assert from 'node:assert/strict';
import type { MessageMeta } from '../../src/domain/message.ts';
import { type ErrorCode, MothballError } from '../../src/errors.ts';
import type { MailSession } from '../../src/ports/mail.ts';
import type { RawImap } from '../servers/raw-imap.ts';

/** A server that a MailSession is tried on, and a second way to look at it. */
export interface MailWorld {
  open(user: string): Promise<MailSession>;
  raw(user: string): Promise<RawImap>;
  /** Path of a folder of the user, e.g. `INBOX.Work`. */
  path(...names: string[]): string;
  /** Name of the quota root of a user. */
  readonly quotaRoot: string;
  readonly quotaLimit: number;
}

/** What a server does not offer, each with the reason; the contract then says what happens instead. */
export interface Lacks {
  readonly condstore?: string;
  readonly move?: string;
  /** It can't store a message without a line end at its end. */
  readonly openEnd?: string;
}

export async function all(rows: AsyncIterable<MessageMeta>): Promise<readonly MessageMeta[]> {
  const list: MessageMeta[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

export function failsWith(code: ErrorCode): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof MothballError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}

export function message(subject: string, body = 'hello\r\n'): Buffer {
  return Buffer.from(`From: Ann <ann@example.com>\r\nSubject: ${subject}\r\n\r\n${body}`);
}

let users = 0;
/** A user nobody has used yet. */
export function freshUser(): string {
  users += 1;
  return `user${users}`;
}
