import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { bytes, sha256, uid, uidValidity } from '../../src/domain/brands.ts';
import { archiveId } from '../../src/format/archive-id.ts';
import type { Manifest, ManifestMessage } from '../../src/format/manifest-types.ts';

export const digest = sha256('ab'.repeat(32));
export const message: ManifestMessage = {
  kind: 'message', uid: uid(1), sha256: digest, size: bytes(5), headerSha256: digest,
  internalDate: '2020-01-01T00:00:00.000Z', flags: ['\\seen'], emailId: null, labels: [], messageId: '<a@b>',
  from: null, to: null, subject: 'x', date: null, crlf: true, addedNewline: false, sizeMismatch: false,
  frame: { offset: bytes(0), length: bytes(50) }, stored: { offset: bytes(30), length: bytes(6) }, headers: {},
}; // prettier-ignore
const made: Manifest = {
  head: {
    kind: 'archive', version: 1, id: digest, tool: 'mothball 0.1.0', server: 'main', account: 'alice', folder: 'INBOX',
    roles: ['inbox'], uidValidity: uidValidity(7), mailboxId: 'M1', policy: 'p', policyHash: 'h', run: 'r', store: 's',
    format: 'mbox', compression: 'zstd', key: 'a/b/2020/x.mbox.zst', bytes: bytes(50), sha256: digest,
    headerNames: ['list-id'], created: '2020-01-01T00:00:00.000Z',
  },
  messages: [message],
}; // prettier-ignore
export const manifest = named(made);

/** With the ID of what it lists. */
export function named({ head, messages }: Manifest): Manifest {
  return { head: { ...head, id: archiveId(head, messages) }, messages };
}

/** The manifest as plain JSON lines, made without the code that is tested. */
export function manifestLines({ head, messages }: Manifest): Buffer {
  const lines = [head, ...messages].map((line) => `${JSON.stringify(line)}\n`).join('');
  const end = {
    kind: 'end',
    messages: messages.length,
    digest: createHash('sha256').update(lines).digest('hex'),
  };
  return Buffer.from(`${lines}${JSON.stringify(end)}\n`);
}
