import assert from 'node:assert/strict';
import test from 'node:test';
import { renamedWarnings } from '../../src/cli/renamed.ts';

const on = (server: string, ...accounts: readonly string[]) =>
  accounts.map((account) => ({ server, account }));
const servers = new Set(['main']);

test('archives of configured accounts are nothing to warn of', () => {
  assert.deepEqual(renamedWarnings(on('main', 'a', 'b'), on('main', 'a', 'b', 'c'), servers), []);
});

test('a server that is not configured any more is warned of once, by its name', () => {
  const [first, ...more] = renamedWarnings(on('old', 'a', 'b'), on('main', 'a', 'b'), servers);
  assert.match(first ?? '', /^there are archives of server "old", which is not configured: /);
  assert.deepEqual(more, []);
});

test('accounts that are not configured any more are warned of together', () => {
  assert.match(
    renamedWarnings(on('main', 'a'), [], servers).join(),
    /^there are archives of a on server main, which/,
  );
  assert.match(
    renamedWarnings(on('main', 'a', 'b', 'c'), on('main', 'b'), servers).join(),
    /a on server main and 1 more/,
  );
});
