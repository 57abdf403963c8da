import type { ImapFlow } from 'imapflow';
import type { ServerLine } from './imapflow-points.ts';
import type { Parsed } from './reply.ts';
import type { TokenNode, WireToken } from './wire-token.ts';

/** A longer line is not one of the thousands of a mailbox. */
const longest = 2048;

const start = /^\* (\d{1,10}) FETCH \(/;
const item =
  /(?:(UID|RFC822\.SIZE) (\d{1,15})|FLAGS \(([\w$.\\ -]*)\)|INTERNALDATE "([ !#-[\]-~]*)"|MODSEQ \((\d{1,19})\)|BODY\[(|HEADER)\] \{(\d{1,10})\}\r\n)( |\)$)/y;
const plainFlag = /^\\?[A-Za-z$][\w$.-]*$/;

/**
 * A FETCH row in the form that servers send by the thousand, just as imapflow's parser reads it, which
 * takes ten times as long. Null: it is any other line, and the parser's business.
 */
export function plainRow({ payload, literals = [] }: ServerLine): Parsed | null {
  if (payload.length > longest) return null;
  const line = payload.toString('latin1');
  const [head = '', command = ''] = start.exec(line) ?? [];
  if (head === '') return null;
  const list: WireToken[] = [];
  let used = 0;
  item.lastIndex = head.length;
  for (;;) {
    const found = item.exec(line);
    if (found === null) return null;
    const [, name, number, flags, date, modseq, section, length, end] = found;
    if (name !== undefined) list.push(atom(name), atom(number ?? ''));
    else if (flags !== undefined) {
      const some = flags === '' ? [] : flags.split(' ');
      if (!some.every((flag) => plainFlag.test(flag) && !/^nil$/i.test(flag))) return null;
      list.push(atom('FLAGS'), some.map(atom));
    } else if (date !== undefined) list.push(atom('INTERNALDATE'), { type: 'STRING', value: date });
    else if (modseq !== undefined) list.push(atom('MODSEQ'), [atom(modseq)]);
    else {
      const value = literals[used];
      if (value === undefined || value.length !== Number(length)) return null;
      used += 1;
      list.push({ ...atom('BODY'), section: section === '' ? [] : [atom(section ?? '')] });
      list.push({ type: 'LITERAL', value });
    }
    if (end === ')') break;
  }
  return used === literals.length ? { tag: '*', command, attributes: [atom('FETCH'), list] } : null;
}

function atom(value: string): TokenNode {
  return { type: 'ATOM', value };
}

type Handler = (response: Parsed) => Promise<void>;

/** Hands a plain row to the command that asked for it. False: imapflow has to look at the line. */
export async function takePlainRow(client: ImapFlow, line: ServerLine): Promise<boolean> {
  const handler = handlerOf(client);
  const row = handler === null ? null : plainRow(line);
  if (handler === null || row === null) return false;
  await handler(row);
  return true;
}

/** What the command that is on the wire does with FETCH rows. */
function handlerOf(client: ImapFlow): Handler | null {
  const request: unknown = Reflect.get(client, 'currentRequest');
  const handler = member(member(member(request, 'options'), 'untagged'), 'FETCH');
  return isHandler(handler) ? handler : null;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function' && value.length === 1;
}
