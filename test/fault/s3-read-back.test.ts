import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { ArchivesDocument } from '../integration/documents.ts';
import { assertExit, describe, said } from '../integration/installation.ts';
import { assertExactlyGone } from '../oracle/nothing-lost.ts';
import type { Decide } from './s3-proxy.ts';
import { makeCase, type S3World, startS3World } from './s3-world.ts';

let world: S3World;

before(async () => {
  world = await startS3World();
});

after(() => world.stop());

const isObject = (url: string): boolean => /\.mbox\.zst/.test(url);
const flip = (body: Buffer): Buffer => {
  const copy = Buffer.from(body);
  const middle = copy.length >> 1;
  copy.writeUInt8(copy.readUInt8(middle) ^ 1, middle);
  return copy;
};
const rewriting =
  (change: (body: Buffer) => Buffer): Decide =>
  ({ method, url }) =>
    method === 'GET' && isObject(url) ? { kind: 'rewrite', change } : null;

const damages: readonly (readonly [string, Decide])[] = [
  ['with one byte flipped', rewriting(flip)],
  ['cut short', rewriting((body) => body.subarray(0, body.length - 1))],
  ['cut to nothing', rewriting(() => Buffer.alloc(0))],
  [
    'as not there',
    ({ method, url }) =>
      method !== 'PUT' && isObject(url) ? { kind: 'answer', status: 404, code: 'NoSuchKey' } : null,
  ],
  [
    'without its manifest',
    ({ method, url }) =>
      method === 'GET' && url.includes('.manifest.')
        ? { kind: 'answer', status: 404, code: 'NoSuchKey' }
        : null,
  ],
];

for (const [name, decide] of damages) {
  test(`mail whose archive reads back ${name} stays, and is archived again`, async (t) => {
    const { site, assertUntouched, assertRecovers } = await makeCase(t, world);
    world.proxy.set(decide);
    const result = await site.run(['run', '--yes']);
    assert.match(said(result), /quarantined/, describe(result));
    await assertUntouched();
    const { archives } = await site.json<ArchivesDocument>(['archives']);
    assert.deepEqual(
      archives.map(({ state }) => state),
      ['quarantined'],
    );
    await assertRecovers();
  });
}

for (const [name, decide] of [
  [
    'breaks off again and again',
    ({ method, url }) => (method === 'GET' && isObject(url) ? { kind: 'cut download', at: 30_000 } : null),
  ],
  [
    'is not there for a moment',
    ({ method, url }, nth) =>
      method !== 'PUT' && isObject(url) && nth <= 2
        ? { kind: 'answer', status: 404, code: 'NoSuchKey' }
        : null,
  ],
] as const satisfies readonly (readonly [string, Decide])[]) {
  test(`an archive whose read-back ${name} is verified all the same`, async (t) => {
    const { site, full, now } = await makeCase(t, world);
    world.proxy.set(decide);
    assertExit(await site.run(['run', '--yes']), 0);
    assertExactlyGone(full, await now(), await site.archives(), full.messages);
  });
}

test('where reading is not allowed mail is archived and stays on the server', async (t) => {
  const { site, assertUntouched, assertNothingLost, assertRecovers } = await makeCase(t, world);
  for (const code of ['AccessDenied', 'KMS.AccessDeniedException']) {
    world.proxy.set(({ method, url }) =>
      method === 'GET' && isObject(url) ? { kind: 'answer', status: 403, code } : null,
    );
    const result = await site.run(['run', '--yes']);
    assert.notEqual(result.code, 0, describe(result));
    assert.match(said(result), /bucket \S+: could not read .*403/);
    await assertUntouched();
    const { archives } = await site.json<ArchivesDocument>(['archives']);
    assert.deepEqual(
      archives.map(({ state }) => state),
      ['sealed'],
    );
  }
  await assertNothingLost();
  await assertRecovers();
});
