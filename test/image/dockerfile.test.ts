import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { pairs, readDockerfile, texts, words } from './dockerfile.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const stages = readDockerfile(join(root, 'Dockerfile'));
const manifest: {
  readonly version: string;
  readonly license: string;
  readonly devDependencies: Readonly<Record<string, string>>;
} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const last = stages.at(-1);
assert.ok(last !== undefined);

test('every base image is pinned to the Node.js release that the tests run on', () => {
  assert.deepEqual(
    stages.map(({ base }) => base),
    [`node:${manifest.devDependencies['node']}-trixie-slim`, 'scratch'],
  );
});

test('the image runs as a numeric user that is not root, and starts without a shell', () => {
  assert.match(texts(last, 'USER').join(), /^(?!0:)[1-9]\d{3,}:[1-9]\d{3,}$/);
  assert.deepEqual(words(texts(last, 'ENTRYPOINT').join()), ['mothball']);
  assert.deepEqual(words(texts(last, 'CMD').join()), ['daemon']);
  assert.deepEqual(texts(last, 'RUN'), []);
  assert.equal(texts(last, 'STOPSIGNAL').join(), 'SIGTERM');
});

test('the health check asks the daemon without a shell', () => {
  const [check = ''] = texts(last, 'HEALTHCHECK');
  const [program, , script = ''] = words(check);
  assert.equal(program, 'node');
  assert.ok(script.includes(`127.0.0.1:${texts(last, 'EXPOSE').join()}/livez`));
});

test('the labels of the image name what package.json names', () => {
  const labels = pairs(last, 'LABEL');
  assert.equal(labels['org.opencontainers.image.version'], manifest.version);
  assert.equal(labels['org.opencontainers.image.licenses'], manifest.license);
  assert.equal(labels['org.opencontainers.image.title'], 'mothball');
  assert.ok((labels['org.opencontainers.image.description'] ?? '').length > 20);
});

test('.dockerignore lets in what the Dockerfile copies from here, and nothing else', () => {
  const copied = stages
    .flatMap((stage) => texts(stage, 'COPY'))
    .filter((text) => !text.includes('--from='))
    .flatMap((text) => text.split(/\s+/).slice(0, -1))
    // The launcher, by itself, after the whole of src.
    .filter((path, _, all) => !all.some((other) => path.startsWith(`${other}/`)));
  for (const path of copied) assert.ok(existsSync(join(root, path)), `${path} is not there`);
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  const [everything, ...allowed] = lines.filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(everything, '*');
  assert.deepEqual(
    allowed.map((line) => line.replace(/^!/, '')),
    [...new Set(copied)].toSorted(),
  );
});
