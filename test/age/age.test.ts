import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ageDecryption } from '../../src/age/decryption.ts';
import { ageEncryption } from '../../src/age/encryption.ts';

let directory: string;
let identity: string;
let recipient: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'age-'));
  [identity, recipient] = keyPair('identity');
});

after(() => rm(directory, { recursive: true }));

function keyPair(name: string): [string, string] {
  const path = join(directory, name);
  execFileSync('age-keygen', ['-o', path], { stdio: 'ignore' });
  return [path, execFileSync('age-keygen', ['-y', path], { encoding: 'utf8' }).trim()];
}

async function* pieces(data: Uint8Array, size = 70_001): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

async function gathered(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of source) all.push(piece);
  return Buffer.concat(all);
}

for (const size of [0, 1, 65_536, 1_000_001]) {
  test(`a file of ${size} octets that we encrypt opens with the stock age tool, and with ours`, async () => {
    const data = randomBytes(size);
    const [plain, secret] = [join(directory, `plain-${size}`), join(directory, `secret-${size}`)];
    await writeFile(plain, data);
    const file = await ageEncryption([recipient]).encryptFile(plain, secret);
    const opened = execFileSync('age', ['-d', '-i', identity, secret], { maxBuffer: 1e9 });
    assert.ok(opened.equals(data));
    const digest = execFileSync('sha256sum', [secret], { encoding: 'utf8' }).slice(0, 64);
    const { size: length, mode } = await stat(secret);
    const plainSha256 = createHash('sha256').update(data).digest('hex');
    assert.deepEqual(file, { path: secret, bytes: length, sha256: digest, plainSha256 });
    assert.equal(mode & 0o777, 0o600);
    const ours = await ageDecryption(identity);
    assert.ok((await gathered(ours.decrypt(pieces(await readFile(secret))))).equals(data));
  });
}

test('what the stock age tool encrypts to several recipients opens with any one identity', async () => {
  const [other, second] = keyPair('other');
  const secret = execFileSync('age', ['-r', recipient, '-r', second], { input: 'mail' });
  for (const file of [identity, other]) {
    assert.equal(String(await gathered((await ageDecryption(file)).decrypt(pieces(secret)))), 'mail');
  }
});

test('another identity is refused, and a damaged file is a fault of verification', async () => {
  const secret = await ageEncryption([recipient]).encryptBytes(randomBytes(200_000));
  const [stranger] = keyPair('stranger');
  await assert.rejects(gathered((await ageDecryption(stranger)).decrypt(pieces(secret))), {
    code: 'refused',
  });
  const ours = await ageDecryption(identity);
  const flipped = Uint8Array.from(secret, (octet, index) => (index === 150_000 ? octet ^ 1 : octet));
  await assert.rejects(gathered(ours.decrypt(pieces(flipped))), { code: 'verify' });
  await assert.rejects(gathered(ours.decrypt(pieces(secret.subarray(0, 150_000)))), { code: 'verify' });
  await assert.rejects(gathered(ours.decrypt(pieces(new Uint8Array()))), { code: 'verify' });
});

test('a source that fails while it is decrypted fails with its own error', async () => {
  const secret = await ageEncryption([recipient]).encryptBytes(randomBytes(200_000));
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield* pieces(secret.subarray(0, 140_000));
    throw new TypeError('the store went away');
  }
  const ours = await ageDecryption(identity);
  await assert.rejects(gathered(ours.decrypt(broken())), /the store went away/);
});

test('an identity file that is none, and a wrong recipient, are told without what they hold', async () => {
  const path = join(directory, 'nonsense');
  await writeFile(path, 'AGE-SECRET-KEY-1HUNTER2\n');
  for (const [wrong, code] of [
    [() => ageDecryption(path), 'identity'],
    [() => ageDecryption(join(directory, 'missing')), 'identity'],
    [async () => ageEncryption(['AGE-SECRET-KEY-1HUNTER2']), 'config'],
  ] as const) {
    await assert.rejects(wrong, (error: Error & { code: string }) => {
      assert.equal(error.code, code);
      assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /HUNTER2/i);
      return true;
    });
  }
});

test('the fingerprint tells one set of recipients from another, in any order', () => {
  const [, second] = keyPair('second');
  const both = ageEncryption([recipient, second]).fingerprint;
  assert.equal(ageEncryption([second, recipient]).fingerprint, both);
  assert.notEqual(ageEncryption([recipient]).fingerprint, both);
});
