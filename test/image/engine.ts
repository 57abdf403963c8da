/** Run by npm run test:image, with what buildah says of the image that it built. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

interface Inspected {
  readonly Docker: {
    readonly config: {
      readonly User: string;
      readonly Entrypoint: readonly string[];
      readonly Cmd: readonly string[];
      readonly StopSignal: string;
      readonly Healthcheck: { readonly Test: readonly string[] };
      readonly Env: readonly string[];
      readonly Labels: Readonly<Record<string, string>>;
    };
  };
}

const { Docker }: Inspected = JSON.parse(readFileSync(process.env['MOTHBALL_IMAGE_CONFIG'] ?? '', 'utf8'));
const { config } = Docker;

test('the image that the engine built runs as a user that is not root, and checks its health', () => {
  assert.equal(config.User, '65532:65532');
  assert.deepEqual(config.Entrypoint, ['mothball']);
  assert.deepEqual(config.Cmd, ['daemon']);
  assert.equal(config.StopSignal, 'SIGTERM');
  assert.deepEqual(config.Healthcheck.Test.slice(0, 3), ['CMD', 'node', '-e']);
});

test('nothing of the base is left in its environment', () => {
  assert.deepEqual(config.Env.map((line) => line.split('=')[0] ?? '').toSorted(), [
    'MOTHBALL_CONFIG',
    'NODE_ENV',
    'PATH',
  ]);
  assert.equal(config.Labels['org.opencontainers.image.title'], 'mothball');
});
