import { asUid, type Uid } from '../domain/brands.ts';
import { parseUidSet } from '../domain/uid-set.ts';
import { isError, MothballError } from '../errors.ts';
import { encodeMailboxName } from '../format/mailbox-name.ts';
import type { AppendResult, NewMail } from '../ports/mail.ts';
import type { ServerFeatures } from './capabilities.ts';
import { formatDateTime } from './date-time.ts';
import { escapeServerText, protocolError } from './imap-errors.ts';
import { hasCode, type Reply } from './reply.ts';
import { type Argument, asCount, asText, atom, literal, octets, quoted } from './wire-token.ts';
import type { Wire } from './wire.ts';

/**
 * APPEND (RFC 9051 §6.3.12) of one message, or of several in one command (MULTIAPPEND, RFC 3502),
 * which the server takes all or none of. @throws `protocol` with the server's reason, `missing` for
 * no such folder, `full`.
 */
export async function appendMessages(
  wire: Wire,
  features: ServerFeatures,
  path: string,
  messages: readonly NewMail[],
): Promise<readonly AppendResult[]> {
  const what = messages.length === 1 ? 'the message was' : `${messages.length} messages were`;
  const refusal = `${what} not put into ${escapeServerText(path)}`;
  const args: Argument[] = [octets(encodeMailboxName(path))];
  let sending = 0;
  for (const { data, flags, internalDate } of messages) {
    if (features.appendLimit !== null && data.length > features.appendLimit) {
      const text = `${data.length} bytes, and the server takes at most ${features.appendLimit} (APPENDLIMIT)`;
      throw protocolError(wire.who, refusal, text);
    }
    // \Recent can't be set by a client (RFC 3501 §2.3.2).
    args.push(flags.filter((flag) => flag.toLowerCase() !== '\\recent').map(atom));
    if (internalDate !== null) args.push(quoted(formatDateTime(internalDate)));
    args.push(literal(Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
    sending += data.length;
  }
  const reply = await wire.run('APPEND', args, { sending });
  if (reply.status !== 'OK') throw refused(wire, path, refusal, reply);
  const uids = givenUids(reply, messages.length);
  const uidValidity = uids === null ? null : asCount(reply.code[1]);
  return messages.map((_, index) => ({ uid: uids?.[index] ?? null, uidValidity }));
}

/** NO without a code that would say why. */
export function isBareRefusal(error: unknown): boolean {
  return isError(error, 'protocol') && error.said?.status === 'NO' && error.said.code === null;
}

/** The same of one message. */
export async function appendMessage(
  wire: Wire,
  features: ServerFeatures,
  path: string,
  message: NewMail,
): Promise<AppendResult> {
  const [result] = await appendMessages(wire, features, path, [message]);
  return result ?? { uid: null, uidValidity: null };
}

/** The UIDs in APPENDUID, in the order of the messages (RFC 4315 §3); null unless there is one for each. */
function givenUids(reply: Reply, count: number): readonly Uid[] | null {
  if (!hasCode(reply, 'APPENDUID')) return null;
  if (count === 1) {
    const uid = asUid(asCount(reply.code[2]) ?? 0);
    return uid === null ? null : [uid];
  }
  const uids = parseUidSet(asText(reply.code[2]) ?? '', count);
  return uids !== null && new Set(uids).size === count ? uids : null;
}

function refused(wire: Wire, path: string, refusal: string, reply: Reply): MothballError {
  // RFC 9208 §5.1.
  if (hasCode(reply, 'OVERQUOTA')) {
    return new MothballError(
      {
        fact: `${wire.who}: the mailbox is full, the server refuses mail for ${escapeServerText(path)} (OVERQUOTA): ${escapeServerText(reply.text)}`,
        notDone: 'nothing more was put there',
        remedy: 'Free some space or raise the quota, then do the same again',
      },
      { code: 'full' },
    );
  }
  const what = `${refusal} (${reply.status})`;
  if (!hasCode(reply, 'TRYCREATE')) return protocolError(wire.who, what, reply);
  return new MothballError(
    { fact: `${wire.who}: ${what}: ${escapeServerText(reply.text)}` },
    { code: 'missing' },
  );
}
