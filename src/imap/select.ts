import { uidValidity, type UidValidity } from '../domain/brands.ts';
import type { FolderState } from '../domain/folder.ts';
import { type Explanation, MothballError } from '../errors.ts';
import { encodeMailboxName } from '../format/mailbox-name.ts';
import type { ServerFeatures } from './capabilities.ts';
import { escapeServerText, protocolError, saidBy } from './imap-errors.ts';
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
import { hasCode, type Parsed, readReply } from './reply.ts';
import { type Wire } from './wire.ts';

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
  const codes = new Map<string, WireToken | undefined>();
  let messages: number | null = null;
  const status = (response: Parsed): void => {
    const { code } = readReply(response);
    const name = asKeyword(code[0]);
    if (name !== null) codes.set(name, code[1]);
  };
  const condstore: readonly Argument[] = features.condstore ? [[atom('CONDSTORE')]] : [];
  const reply = await wire.run(command, [octets(encodeMailboxName(path)), ...condstore], {
    untagged: {
      OK: status,
      EXISTS: ({ command: number }) => void (messages = asCount({ type: 'ATOM', value: number })),
    },
  });
  const folder = escapeServerText(path);
  if (reply.status !== 'OK') {
    const what = `can't open folder ${folder} (${reply.status}); nothing was done in it`;
    if (!hasCode(reply, 'NONEXISTENT')) throw protocolError(wire.who, what, reply);
    throw new MothballError(
      { fact: `${wire.who}: ${what}: ${escapeServerText(reply.text)}` },
      { code: 'missing', said: saidBy(reply) },
    );
  }
  const readOnly = command === 'EXAMINE' || hasCode(reply, 'READ-ONLY');
  if (command === 'SELECT' && readOnly) {
    throw unsupported(wire, folder, {
      fact: 'the server opens it read-only',
      notDone: 'nothing can be deleted or changed there',
    });
  }
  const validity = readValidity(codes.get('UIDVALIDITY'));
  if (validity === null) {
    const given = asText(codes.get('UIDVALIDITY'));
    const what = given === null ? 'no UIDVALIDITY' : `no valid UIDVALIDITY (${escapeServerText(given)})`;
    throw unsupported(wire, folder, {
      fact: `the server reports ${what}, so its UIDs identify nothing`,
      notDone: 'it is left alone',
    });
  }
  if (messages === null)
    throw protocolError(wire.who, `folder ${folder}: no EXISTS in answer to ${command}`, '');
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

function unsupported(wire: Wire, folder: string, { fact, ...rest }: Explanation): MothballError {
  return new MothballError(
    { fact: `${wire.who}: folder ${folder}: ${fact}`, ...rest },
    { code: 'unsupported' },
  );
}

/** An EXAMINE names none (RFC 9051 §6.3.3). */
function lastingIn(token: WireToken | undefined): Pick<FolderState, 'permanentFlags'> {
  const flags = asList(token);
  return flags === null ? {} : { permanentFlags: flags.map(asText).filter((flag) => flag !== null) };
}
