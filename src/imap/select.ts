import { uidValidity, type UidValidity } from '../domain/brands.ts';
import type { FolderState } from '../domain/folder.ts';
import { type Explanation, MothballError } from '../errors.ts';
import { encodeMailboxName } from '../format/mailbox-name.ts';
import { type Ask, ask } from './ask.ts';
import type { ServerFeatures } from './capabilities.ts';
import { escapeServerText, protocolError, saidBy } from './imap-errors.ts';
import { hasCode, type Parsed, readReply, type Reply } from './reply.ts';
import {
  type Argument,
  asCount,
  asKeyword,
  asList,
  asModseq,
  asText,
  atom,
  octets,
  type WireToken,
} from './wire-token.ts';
import type { Wire } from './wire.ts';

/**
 * SELECT or EXAMINE, sent again each time (RFC 9051 §6.3.2). imapflow's own idea of the mailbox stays
 * unset, so it has none to move behind our back: HIGHESTMODSEQ is the current one.
 * @throws `unsupported` when SELECT is answered READ-ONLY or without UIDVALIDITY, `missing` when
 * the folder does not exist, `protocol`.
 */
export async function selectFolder(
  wire: Wire,
  features: ServerFeatures,
  path: string,
  command: 'SELECT' | 'EXAMINE',
): Promise<FolderState> {
  return ask(wire, openAsk(wire.who, features, path, command));
}

/** The same as a question. */
export function openAsk(
  who: string,
  features: ServerFeatures,
  path: string,
  command: 'SELECT' | 'EXAMINE',
): Ask<FolderState> {
  const codes = new Map<string, WireToken | undefined>();
  let messages: number | null = null;
  const status = (response: Parsed): void => {
    const { code } = readReply(response);
    const name = asKeyword(code[0]);
    if (name !== null) codes.set(name, code[1]);
  };
  const condstore: readonly Argument[] = features.condstore ? [[atom('CONDSTORE')]] : [];
  return {
    command,
    args: [octets(encodeMailboxName(path)), ...condstore],
    untagged: {
      OK: status,
      EXISTS: ({ command: number }) => void (messages = asCount({ type: 'ATOM', value: number })),
    },
    read: (reply) => {
      const readOnly = opened(who, path, command, reply);
      return stateOf(who, { path, codes, messages, readOnly }, command);
    },
  };
}

/** Whether the folder was opened read-only. @throws when it was not opened as asked. */
function opened(who: string, path: string, command: 'SELECT' | 'EXAMINE', reply: Reply): boolean {
  const folder = escapeServerText(path);
  if (reply.status !== 'OK') {
    const what = `can't open folder ${folder} (${reply.status}); nothing was done in it`;
    if (!hasCode(reply, 'NONEXISTENT')) throw protocolError(who, what, reply);
    throw new MothballError(
      { fact: `${who}: ${what}: ${escapeServerText(reply.text)}` },
      { code: 'missing', said: saidBy(reply) },
    );
  }
  const readOnly = command === 'EXAMINE' || hasCode(reply, 'READ-ONLY');
  if (command === 'SELECT' && readOnly) {
    throw unsupported(who, folder, {
      fact: 'the server opens it read-only',
      notDone: 'nothing can be deleted or changed there',
    });
  }
  return readOnly;
}

interface Opened {
  readonly path: string;
  readonly codes: ReadonlyMap<string, WireToken | undefined>;
  readonly messages: number | null;
  readonly readOnly: boolean;
}

function stateOf(who: string, { path, codes, messages, readOnly }: Opened, command: string): FolderState {
  const folder = escapeServerText(path);
  const validity = readValidity(codes.get('UIDVALIDITY'));
  if (validity === null) {
    const given = asText(codes.get('UIDVALIDITY'));
    const what = given === null ? 'no UIDVALIDITY' : `no valid UIDVALIDITY (${escapeServerText(given)})`;
    throw unsupported(who, folder, {
      fact: `the server reports ${what}, so its UIDs identify nothing`,
      notDone: 'it is left alone',
    });
  }
  if (messages === null) throw protocolError(who, `folder ${folder}: no EXISTS in answer to ${command}`, '');
  return {
    path,
    ...lastingIn(command === 'SELECT' ? codes.get('PERMANENTFLAGS') : undefined),
    uidValidity: validity,
    mailboxId: asText(asList(codes.get('MAILBOXID'))?.[0]),
    uidNext: asCount(codes.get('UIDNEXT')),
    highestModseq: codes.has('NOMODSEQ') ? null : asModseq(codes.get('HIGHESTMODSEQ')),
    messages,
    readOnly,
  };
}

function readValidity(token: WireToken | undefined): UidValidity | null {
  const number = asCount(token);
  return number === null || number < 1 || number > 0xffff_ffff ? null : uidValidity(number);
}

function unsupported(who: string, folder: string, { fact, ...rest }: Explanation): MothballError {
  return new MothballError({ fact: `${who}: folder ${folder}: ${fact}`, ...rest }, { code: 'unsupported' });
}

/** An EXAMINE names none (RFC 9051 §6.3.3). */
function lastingIn(token: WireToken | undefined): Pick<FolderState, 'permanentFlags'> {
  const flags = asList(token);
  return flags === null ? {} : { permanentFlags: flags.map(asText).filter((flag) => flag !== null) };
}
