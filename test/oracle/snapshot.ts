import { decodeMutf7 } from '../corpus/mutf7.ts';
import { sha256 } from './digest.ts';
import type { ImapUnit } from './imap-units.ts';
import { quoted, type RawSession, type Server, withSession } from './raw-session.ts';

export interface SnapshotMessage {
  /** Unicode, with the server's delimiter. */
  readonly folder: string;
  readonly uidValidity: number;
  readonly uid: number;
  readonly sha256: string;
  /** Octets as delivered by BODY[]. */
  readonly size: number;
  readonly internalDate: Date;
  /** As the server spells them, without \Recent. */
  readonly flags: readonly string[];
  /** The From header as it stands, undecoded. */
  readonly from: string;
  readonly subject: string;
  /** Only with `bytes: true`. */
  readonly bytes: Buffer | null;
}

export interface Snapshot {
  readonly user: string;
  readonly folders: readonly string[];
  readonly messages: readonly SnapshotMessage[];
}

/** Reads every message of every folder of a user, EXAMINE and PEEK only. */
export function snapshot(
  server: Server,
  user: string,
  options: { readonly bytes?: boolean } = {},
): Promise<Snapshot> {
  return withSession(server, user, async (session) => {
    const folders: string[] = [];
    const messages: SnapshotMessage[] = [];
    for (const wireName of await listFolders(session)) {
      const folder = decodeMutf7(wireName);
      folders.push(folder);
      messages.push(...(await readFolder(session, wireName, folder, options.bytes === true)));
    }
    return { user, folders: folders.toSorted(), messages };
  });
}

async function listFolders(session: RawSession): Promise<readonly string[]> {
  const names: string[] = [];
  for (const unit of await session.ok('LIST "" "*"')) {
    const found = /^\* LIST \(([^)]*)\) (?:"[^"]*"|NIL) (?:"((?:[^"\\]|\\.)*)"|(\S+))$/.exec(unit.text);
    if (found === null || /\\(noselect|nonexistent)/i.test(found[1] ?? '')) continue;
    names.push((found[2] ?? found[3] ?? '').replaceAll(/\\(.)/g, '$1'));
  }
  return names;
}

async function readFolder(
  session: RawSession,
  wireName: string,
  folder: string,
  keepBytes: boolean,
): Promise<readonly SnapshotMessage[]> {
  const state = await session.ok(`EXAMINE ${quoted(wireName)}`);
  const uidValidity = Number(textOf(state, /\[UIDVALIDITY (\d+)\]/));
  if (Number(textOf(state, /^\* (\d+) EXISTS/)) === 0) return [];
  const messages: SnapshotMessage[] = [];
  const answer = await session.send(
    'UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])',
    undefined,
    (unit) => {
      if (!/^\* \d+ FETCH /.test(unit.text)) return;
      const [body] = unit.literals;
      const bytes = body ?? quotedBody(unit.text);
      const head = bytes.toString('latin1', 0, Math.min(bytes.length, 8_192));
      messages.push({
        folder,
        uidValidity,
        uid: Number(part(unit.text, /\bUID (\d+)/)),
        sha256: sha256(bytes),
        size: bytes.length,
        internalDate: new Date(part(unit.text, /INTERNALDATE "([^"]+)"/)),
        flags: part(unit.text, /FLAGS \(([^)]*)\)/)
          .split(' ')
          .filter((flag) => flag !== '' && flag !== '\\Recent'),
        from: /^From: (.*)$/im.exec(head)?.[1] ?? '',
        subject: /^Subject: (.*)$/im.exec(head)?.[1] ?? '',
        bytes: keepBytes ? Buffer.from(bytes) : null,
      });
    },
  );
  if (!answer.startsWith('OK')) throw new Error(`UID FETCH in ${folder}: ${answer}`);
  return messages.toSorted((a, b) => a.uid - b.uid);
}

/** A body that came as a quoted string or NIL in place of a literal. */
function quotedBody(text: string): Buffer {
  const found = /BODY\[\] "((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? '';
  return Buffer.from(found.replaceAll(/\\(.)/g, '$1'), 'latin1');
}

function part(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`no ${pattern} in ${text.slice(0, 200)}`);
  return found;
}

function textOf(units: readonly ImapUnit[], pattern: RegExp): string {
  for (const unit of units) {
    const found = pattern.exec(unit.text)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`the server did not answer ${pattern}`);
}

/** STORAGE usage and limit of the user's first quota root, in octets. */
export function storageQuota(
  server: Server,
  user: string,
): Promise<{ readonly used: number; readonly limit: number }> {
  return withSession(server, user, async (session) => {
    const units = await session.ok('GETQUOTAROOT INBOX');
    const [, used, limit] = /STORAGE (\d+) (\d+)/.exec(units.map((unit) => unit.text).join('\n')) ?? [];
    if (used === undefined || limit === undefined) throw new Error('no STORAGE quota');
    return { used: Number(used) * 1_024, limit: Number(limit) * 1_024 };
  });
}
