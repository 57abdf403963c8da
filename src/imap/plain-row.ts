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

type Handler = (response: Parsed) => Promise<void> | void;

const expunged = /^\* \d{1,10} EXPUNGE$/;

/**
 * Takes a line that servers send by the thousand: a plain row goes to the command that asked for it; that
 * and a plain EXPUNGE are dropped where no command does, as imapflow counts only folders that it opened
 * itself. False: imapflow has to look at the line. A promise: it is being taken.
 */
export function takePlainLine(client: ImapFlow, line: ServerLine): Promise<void> | boolean {
  const { payload } = line;
  if (payload[0] !== asterisk || payload.length > longest) return false;
  if (payload.length < longestExpunge && expunged.test(payload.toString('latin1')))
    return handlerOf(client, 'EXPUNGE') === null;
  const row = plainRow(line);
  if (row === null) return false;
  return handlerOf(client, 'FETCH')?.(row) ?? true;
}

const asterisk = 0x2a;
const longestExpunge = '* 4294967295 EXPUNGE'.length + 1;

/** What the command that is on the wire does with answers of this name. */
function handlerOf(client: ImapFlow, name: 'FETCH' | 'EXPUNGE'): Handler | null {
  const request: unknown = Reflect.get(client, 'currentRequest');
  const handler = member(member(member(request, 'options'), 'untagged'), name);
  return isHandler(handler) ? handler : null;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function' && value.length === 1;
}
