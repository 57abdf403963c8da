/** Whether a manifest that a crashed run left may be taken over. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { sameArchive } from '../../src/archive/sealing.ts';
import { bytes } from '../../src/domain/brands.ts';
import type { ManifestHead, ManifestMessage } from '../../src/format/manifest-types.ts';
import { digest, manifest, message } from '../contract/catalog-samples.ts';

const recorded = message(2, { headers: { 'list-id': ['<a>'] } });
const made = manifest([message(1), recorded]);

const otherHeads: Readonly<Record<string, Partial<ManifestHead>>> = {
  'the ID': { id: digest('other') },
  'the name of the object': { key: 'elsewhere' },
  'the version of the object': { objectVersion: 'v2' },
  'the bytes of the object': { sha256: digest('other object') },
};
for (const [what, changes] of Object.entries(otherHeads))
  test(`a manifest is another one by ${what}`, () => {
    assert.equal(sameArchive({ ...made, head: { ...made.head, ...changes } }, made), false);
  });

const otherLines: Readonly<Record<string, Partial<ManifestMessage>>> = {
  'the bytes of a message': { sha256: digest('other message') },
  'the header block of a message': { headerSha256: digest('other header') },
  'the date of a message': { internalDate: '2020-01-01T00:00:00.000Z' },
  'the identity of a message': { emailId: 'E9' },
  'a size that the server got wrong': { sizeMismatch: true },
  'the place of a message': { frame: { offset: bytes(1), length: bytes(5000) } },
  'a header that a hold may ask for': { headers: { 'list-id': ['<b>'] } },
  'a header that is cut': { headers: { 'list-id': ['<a>'] }, cut: ['list-id'] },
};
for (const [what, changes] of Object.entries(otherLines))
  test(`a manifest is another one by ${what}`, () => {
    const found = { ...made, messages: [message(1), { ...recorded, ...changes }] };
    assert.equal(sameArchive(found, made), false);
  });

test('a manifest is another one by how many messages it lists', () => {
  assert.equal(sameArchive({ ...made, messages: [message(1)] }, made), false);
  assert.equal(sameArchive({ ...made, messages: [...made.messages, message(3)] }, made), false);
});

test('run, day, flags and what is only shown make no other manifest', () => {
  const head = { ...made.head, run: 'run-2', created: '2026-01-01T00:00:00.000Z', tool: 'mothball 9' };
  const messages = made.messages.map((line) => ({
    ...line,
    flags: ['\\flagged'],
    subject: 'x',
    labels: ['y'],
  }));
  assert.equal(sameArchive({ head, messages }, made), true);
});
