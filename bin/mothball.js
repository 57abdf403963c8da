#!/usr/bin/env node
// Starts dist/main.js where it was built, else src/main.ts: Node strips no types under node_modules.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
const here = (path) => new URL(`../${path}`, import.meta.url);
const built = here('dist/main.js');
const main = existsSync(built) ? built : here('src/main.ts');

if (major > 24 || (major === 24 && minor >= 12)) {
  const { start } = await import(main.href);
  start(process.argv.slice(2));
} else {
  // A checkout on a machine with an older Node: the dev dependency `node` brings the right one.
  const node = fileURLToPath(here('node_modules/node/bin/node'));
  if (!existsSync(node)) {
    console.error(
      `mothball needs Node.js 24.12 or newer; this is ${process.version}. Install it, or run npm ci in the checkout.`,
    );
    process.exit(2);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) =>
    signal === null ? process.exit(code ?? 1) : process.kill(process.pid, signal),
  );
}
