import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import type { EncryptedObject } from '../../src/ports/encrypted-records.ts';
import { day, digest, manifest, numbered } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

const sealed = manifest(numbered(1, 3), {
  key: 'x.mbox.zst.age',
  sha256: digest('ciphertext'),
  encryption: { type: 'age', recipients: digest('us'), bytes: bytes(4800), sha256: digest('object') },
});
const { id } = sealed.head;

function object(key: string, changes: Partial<EncryptedObject> = {}): EncryptedObject {
  return {
    store: 'local',
    key,
    bytes: bytes(5000),
    sha256: digest(key),
    recipients: digest('us'),
    plainSha256: digest(`plain ${key}`),
    plain: null,
    ...changes,
  };
}

/** What encrypted stores ask of a catalog. */
export function encryptionContract(name: string, make: MakeCatalog): void {
  test(`${name}: an encrypted archive keeps the digests of its files as stored`, async (t) => {
    const catalog = await make(t);
    await catalog.addArchive(sealed, 'm.age', null, { manifestObject: digest('sealed manifest') });
    assert.deepEqual((await catalog.archive(id))?.encryption, {
      recipients: digest('us'),
      objectSha256: digest('ciphertext'),
      manifestObjectSha256: digest('sealed manifest'),
    });
    // Archived again because it was damaged: the new digests count.
    await catalog.setArchiveState(id, 'quarantined', 'an octet flipped');
    const anew = { ...sealed, head: { ...sealed.head, sha256: digest('other ciphertext') } };
    await catalog.addArchive(anew, 'm-2.age', null, { manifestObject: digest('other manifest') });
    assert.deepEqual((await catalog.archive(id))?.encryption, {
      recipients: digest('us'),
      objectSha256: digest('other ciphertext'),
      manifestObjectSha256: digest('other manifest'),
    });
  });

  test(`${name}: an encrypted archive is not recorded without its manifest's digest, nor a plain one with it`, async (t) => {
    const catalog = await make(t);
    await assert.rejects(catalog.addArchive(sealed, 'm.age', null), { code: 'database' });
    const plain = manifest(numbered(1, 3));
    await assert.rejects(catalog.addArchive(plain, 'm', null, { manifestObject: digest('m') }), {
      code: 'database',
    });
    assert.deepEqual(await catalog.archives(), []);
  });

  test(`${name}: what is on its way to a store is known by store and key until its archive is recorded`, async (t) => {
    const catalog = await make(t);
    const body = object(sealed.head.key);
    const lines = object('m.age', { plain: Uint8Array.from([1, 0, 255]) });
    const elsewhere = object('m.age', { store: 'other' });
    await catalog.addEncrypted(object(sealed.head.key, { sha256: digest('earlier') }));
    for (const each of [body, lines, elsewhere]) await catalog.addEncrypted(each);
    assert.deepEqual(await catalog.encrypted('local', sealed.head.key), body);
    const found = await catalog.encrypted('local', 'm.age');
    assert.deepEqual({ ...found, plain: Uint8Array.from(found?.plain ?? []) }, lines);
    assert.equal(await catalog.encrypted('local', 'nowhere'), null);
    await catalog.addArchive(sealed, 'm.age', null, { manifestObject: lines.sha256 });
    assert.equal(await catalog.encrypted('local', sealed.head.key), null);
    assert.equal(await catalog.encrypted('local', 'm.age'), null);
    assert.deepEqual(await catalog.encrypted('other', 'm.age'), elsewhere);
  });

  test(`${name}: who was shown to decrypt is remembered by store and recipients`, async (t) => {
    const catalog = await make(t);
    assert.equal(await catalog.readableSince('local', digest('us')), null);
    await catalog.setReadable('local', digest('us'), day(1));
    await catalog.setReadable('local', digest('us'), day(2));
    assert.deepEqual(await catalog.readableSince('local', digest('us')), day(2));
    assert.equal(await catalog.readableSince('other', digest('us')), null);
    assert.equal(await catalog.readableSince('local', digest('them')), null);
  });
}
