import { asUid } from '../domain/brands.ts';
import { isError, MothballError } from '../errors.ts';
import { encodeMailboxName } from '../format/mailbox-name.ts';
import type { AppendResult } from '../ports/mail.ts';
import type { ServerFeatures } from './capabilities.ts';
import { formatDateTime } from './date-time.ts';
import { escapeServerText, protocolError } from './imap-errors.ts';
import { type Argument, asCount, atom, literal, octets, quoted } from './wire-token.ts';
import { hasCode } from './reply.ts';
import { type Wire } from './wire.ts';

interface Appended {
  readonly path: string;
  readonly message: Uint8Array;
  readonly flags: readonly string[];
  readonly internalDate: Date | null;
}

/** NO without a code that would say why. */
export function isBareRefusal(error: unknown): boolean {
  return isError(error, 'protocol') && error.said?.status === 'NO' && error.said.code === null;
}

/** APPEND (RFC 9051 §6.3.12) of one message. @throws `protocol` with the server's reason, `missing` for no such folder, `full`. */
export async function appendMessage(
  wire: Wire,
  features: ServerFeatures,
  { path, message, flags, internalDate }: Appended,
): Promise<AppendResult> {
  const folder = escapeServerText(path);
  if (features.appendLimit !== null && message.length > features.appendLimit) {
    const text = `${message.length} bytes, and the server takes at most ${features.appendLimit} (APPENDLIMIT)`;
    throw protocolError(wire.who, `the message was not put into ${folder}`, text);
  }
  // \Recent can't be set by a client (RFC 3501 §2.3.2).
  const settable = flags.filter((flag) => flag.toLowerCase() !== '\\recent');
  const args: readonly Argument[] = [
    octets(encodeMailboxName(path)),
    settable.map(atom),
    ...(internalDate === null ? [] : [quoted(formatDateTime(internalDate))]),
    literal(Buffer.from(message.buffer, message.byteOffset, message.byteLength)),
  ];
  const reply = await wire.run('APPEND', args, { sending: message.length });
  if (reply.status !== 'OK') {
    // RFC 9208 §5.1.
    if (hasCode(reply, 'OVERQUOTA')) {
      throw new MothballError(
        {
          fact: `${wire.who}: the mailbox is full, the server refuses mail for ${folder} (OVERQUOTA): ${escapeServerText(reply.text)}`,
          notDone: 'nothing more was put there',
          remedy: 'Free some space or raise the quota, then do the same again',
        },
        { code: 'full' },
      );
    }
    const what = `the message was not put into ${folder} (${reply.status})`;
    if (!hasCode(reply, 'TRYCREATE')) throw protocolError(wire.who, what, reply);
    throw new MothballError(
      { fact: `${wire.who}: ${what}: ${escapeServerText(reply.text)}` },
      { code: 'missing' },
    );
  }
  const given = hasCode(reply, 'APPENDUID') ? asUid(asCount(reply.code[2]) ?? 0) : null;
  return { uid: given, uidValidity: given === null ? null : asCount(reply.code[1]) };
}
