import { ImapFlow } from 'imapflow';
import type { Queued } from './send-ahead.ts';

type Send = (this: ImapFlow, data: Queued) => Promise<void>;

/** A whole line from the server, its literals apart. */
export interface ServerLine {
  readonly payload: Buffer;
  readonly literals?: readonly Buffer[];
}

type Handle = (this: ImapFlow, data: ServerLine) => Promise<boolean>;

type Write = (this: ImapFlow, chunk: Buffer) => unknown;

/** What imapflow hides from its types, and the guard puts itself in front of. */
export const sendOfImapFlow: unknown = Reflect.get(ImapFlow.prototype, 'send');
export const writeOfImapFlow: unknown = Reflect.get(ImapFlow.prototype, 'write');
export const handleOfImapFlow: unknown = Reflect.get(ImapFlow.prototype, 'handleResponse');

export function isHandle(value: unknown): value is Handle {
  return typeof value === 'function' && value.length === 1;
}

export function isWrite(value: unknown): value is Write {
  return typeof value === 'function' && value.length === 1;
}

export function isSend(value: unknown): value is Send {
  return typeof value === 'function' && value.length === 1;
}
