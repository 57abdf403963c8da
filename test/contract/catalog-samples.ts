import { createHash } from 'node:crypto';
import { bytes, sha256, type Sha256, uid, uidValidity } from '../../src/domain/brands.ts';
import type { Manifest, ManifestHead, ManifestMessage } from '../../src/format/manifest-types.ts';
import type { Batch, FolderRef } from '../../src/ports/records.ts';

export const alice = { server: 'main', account: 'alice@example.com' };
export const bob = { server: 'main', account: 'bob@example.com' };
export const inbox: FolderRef = { ...alice, folder: 'INBOX', uidValidity: uidValidity(7), mailboxId: 'M1' };

export function digest(text: string): Sha256 {
  return sha256(createHash('sha256').update(text).digest('hex'));
}

/** An instant on a day of January 2024, and that as the manifest writes it. */
export function day(number: number): Date {
  return new Date(Date.UTC(2024, 0, number, 12, 30, 15, 250));
}

export function message(number: number, changes: Partial<ManifestMessage> = {}): ManifestMessage {
  return {
    kind: 'message',
    uid: uid(number),
    sha256: digest(`message ${number}`),
    size: bytes(1000 + number),
    headerSha256: digest(`header ${number}`),
    internalDate: day(1).toISOString(),
    flags: ['\\seen', 'NonJunk'],
    emailId: `E${number}`,
    labels: [],
    messageId: `<${number}@example.com>`,
    from: `Sender ${number} <s${number}@example.com>`,
    to: 'Alice <alice@example.com>',
    subject: `Subject ${number}`,
    date: null,
    crlf: true,
    addedNewline: false,
    sizeMismatch: false,
    frame: { offset: bytes(0), length: bytes(5000) },
    stored: { offset: bytes(number), length: bytes(900) },
    headers: {},
    ...changes,
  };
}

export function manifest(
  messages: readonly ManifestMessage[],
  changes: Partial<ManifestHead> = {},
): Manifest {
  const head = {
    kind: 'archive' as const,
    version: 1 as const,
    id: digest(`archive of ${messages.map((line) => line.uid).join(',')}`),
    tool: 'mothball 0.1.0',
    ...inbox,
    roles: ['inbox'],
    policy: 'old',
    policyHash: '0123456789abcdef',
    run: 'run-1',
    store: 'local',
    format: 'mbox' as const,
    compression: 'zstd' as const,
    key: 'main/alice/inbox/2024/x.mbox.zst',
    bytes: bytes(5000),
    sha256: digest('object'),
    headerNames: ['list-id'],
    created: day(2).toISOString(),
    ...changes,
  };
  return { head, messages };
}

export function numbered(from: number, to: number): readonly ManifestMessage[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
}

export function batch(key: string, changes: Partial<Batch> = {}): Batch {
  return {
    ...inbox,
    key,
    run: 'run-1',
    created: day(1),
    roles: ['inbox'],
    spelling: { delimiter: '.', prefix: 'INBOX.' },
    policy: 'old',
    policyHash: '0123456789abcdef',
    store: 'local',
    format: 'mbox',
    compression: 'zstd',
    deletes: true,
    uids: [uid(5), uid(3), uid(4_294_967_295)],
    ...changes,
  };
}

/** The report of a run, as it is recorded. */
export function reportText(
  changes: {
    readonly archived?: { readonly messages: number; readonly bytes: number };
    readonly deleted?: { readonly messages: number; readonly bytes: number };
    readonly errors?: readonly string[];
    readonly limits?: readonly string[];
  } = {},
): string {
  const none = { messages: 0, bytes: 0 };
  const { archived = none, deleted = none, errors = [], limits = [] } = changes;
  return JSON.stringify({
    archived,
    deleted,
    errors: errors.map((text) => ({ code: 'connect', message: text })),
    limits: limits.map((limit) => ({ limit, allowed: 1, wanted: 2, of: 'messages' })),
  });
}
