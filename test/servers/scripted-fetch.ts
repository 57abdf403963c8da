import type { ScriptedFolder, ScriptedMessage } from './scripted-types.ts';

/** The octets of a message. */
export function octetsOf(message: ScriptedMessage): Buffer {
  return typeof message.body === 'string' ? Buffer.from(message.body, 'latin1') : message.body;
}

/** One FETCH row for the items asked for, with its line end. */
export function fetchRow(folder: ScriptedFolder, message: ScriptedMessage, items: readonly string[]): Buffer {
  const parts = items.map((item) => fetchItem(message, item)).filter((part) => part.length > 0);
  const row: Buffer[] = [Buffer.from(`* ${folder.messages.indexOf(message) + 1} FETCH (`)];
  parts.forEach((part, index) => row.push(Buffer.from(index === 0 ? '' : ' '), part));
  return Buffer.concat([...row, Buffer.from(')\r\n')]);
}

/** A literal with the name of its item. */
export function literalItem(name: string, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${name} {${data.length}}\r\n`), data]);
}

/** One item of a FETCH row; empty for one that is not known here. */
export function fetchItem(message: ScriptedMessage, item: string): Buffer {
  const name = item.toUpperCase();
  const body = octetsOf(message);
  const partial = /^BODY\.PEEK\[\]<(\d+)\.(\d+)>$/.exec(name);
  if (partial !== null) {
    const start = Number(partial[1]);
    return literalItem(`BODY[]<${start}>`, body.subarray(start, start + Number(partial[2])));
  }
  const fields = /^BODY\.PEEK\[HEADER\.FIELDS \((.*)\)\]$/.exec(name);
  if (fields !== null)
    return literalItem(`BODY[HEADER.FIELDS (${fields[1] ?? ''})]`, someFields(body, fields[1] ?? ''));
  switch (name) {
    case 'UID':
      return Buffer.from(`UID ${message.uid}`);
    case 'FLAGS':
      return Buffer.from(`FLAGS (${message.flags.join(' ')})`);
    case 'INTERNALDATE':
      return Buffer.from(`INTERNALDATE "${message.internalDate}"`);
    case 'RFC822.SIZE':
      return Buffer.from(`RFC822.SIZE ${message.size ?? body.length}`);
    case 'MODSEQ':
      return Buffer.from(`MODSEQ (${message.modseq})`);
    case 'EMAILID':
      return Buffer.from(message.emailId === null ? '' : `EMAILID (${message.emailId})`);
    case 'BODY.PEEK[]':
      return literalItem('BODY[]', body);
    case 'BODY.PEEK[HEADER]':
      return literalItem('BODY[HEADER]', headerOf(body));
    default:
      return Buffer.alloc(0);
  }
}

function headerOf(body: Buffer): Buffer {
  const end = body.indexOf('\r\n\r\n');
  return end < 0 ? body : body.subarray(0, end + 4);
}

function someFields(body: Buffer, names: string): Buffer {
  const wanted = names.split(' ');
  const fields = headerOf(body)
    .toString('latin1')
    .split(/\r\n(?![ \t])/);
  const kept = fields.filter((field) => wanted.includes((field.split(':')[0] ?? '').toUpperCase()));
  return Buffer.from(`${kept.map((field) => `${field}\r\n`).join('')}\r\n`, 'latin1');
}
