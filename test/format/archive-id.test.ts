import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { bytes, sha256, uid, uidValidity } from '../../src/domain/brands.ts';
import { archiveId } from '../../src/format/archive-id.ts';

const archive = {
  server: 'main', account: 'a', folder: 'INBOX', uidValidity: uidValidity(7), mailboxId: null,
  policy: 'p', store: 's', format: 'mbox', compression: 'zstd',
} as const; // prettier-ignore
const digest = sha256('ab'.repeat(32));
const message = { uid: uid(1), size: bytes(2), sha256: digest, internalDate: '2020-01-01T00:00:00.000Z' };

test('the id is the digest of canonical JSON as documented', () => {
  const json =
    `{"account":"a","codec":"zstd","folder":"INBOX","format":"mbox","idVersion":1,"mailboxId":null,` +
    `"messages":[[1,2,"${digest}","2020-01-01T00:00:00.000Z"]],"policy":"p","server":"main","store":"s","uidValidity":7}`;
  assert.equal(archiveId(archive, [message]), createHash('sha256').update(json).digest('hex'));
});

test('everything that tells archives apart changes the id, and nothing else does', () => {
  const first = archiveId(archive, [message]);
  const others = [
    archiveId({ ...archive, server: 'x' }, [message]),
    archiveId({ ...archive, account: 'x' }, [message]),
    archiveId({ ...archive, folder: 'inbox' }, [message]),
    archiveId({ ...archive, uidValidity: uidValidity(8) }, [message]),
    archiveId({ ...archive, mailboxId: 'M1' }, [message]),
    archiveId({ ...archive, policy: 'x' }, [message]),
    archiveId({ ...archive, store: 'x' }, [message]),
    archiveId({ ...archive, compression: 'gzip' }, [message]),
    archiveId(archive, [{ ...message, uid: uid(2) }]),
    archiveId(archive, [{ ...message, size: bytes(3) }]),
    archiveId(archive, [{ ...message, internalDate: '2020-01-01T00:00:00.001Z' }]),
    archiveId(archive, [message, { ...message, uid: uid(2) }]),
    archiveId(archive, [{ ...message, uid: uid(2) }, message]),
  ];
  assert.equal(new Set([first, ...others]).size, others.length + 1);
  const later = { ...archive, created: 'now', tool: 'x' };
  const flagged = { ...message, flags: [] };
  assert.equal(archiveId(later, [flagged]), first);
});
