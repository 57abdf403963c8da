#!/usr/bin/env node
// Starts dist/main.js where it was built, else src/main.ts: Node strips no types under node_modules.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
// The default import: an old Node lacks the named export, and must get far enough to report its version.
import nodeModule from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const [major, minor] = process.versions.node.split('.').map(Number);
const here = (path) => new URL(`../${path}`, import.meta.url);
const built = here('dist/main.js');
const main = existsSync(built) ? built : here('src/main.ts');
const launcher = fileURLToPath(import.meta.url);

const cached = fileURLToPath(here('node_modules/.cache/mothball'));

// Half the memory for the same work: V8 would let each thread gather garbage for longer, and glibc
// would keep a heap of its own for each thread. Both are fixed when a process starts.
const memoryFlags = ['--max-semi-space-size=2'];
// Beyond what is in use, only this share of it may gather as garbage: V8 would let several times as much.
const heapGrowth = '--heap-growing-percent=25';
const memoryEnv = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '500000',
  // From source each thread would load Node's TypeScript compiler, 10 MB and more; the cache spares it.
  ...(main === built ? {} : { NODE_COMPILE_CACHE: cached }),
};
const tuned = memoryFlags.every((flag) => process.execArgv.includes(flag));
// Commands that hold no mail need no tuning, and starting twice would double their time.
const light = /^(?:-.*|quota|scan|status|accounts|validate|holds|schema|completion|init|pause|resume|help)?$/;

/** Keeps compiled code of the installed program in the user's cache; without a home there is none. */
function cacheCompiled() {
  const { HOME, XDG_CACHE_HOME = HOME && join(HOME, '.cache') } = process.env;
  const own = main === built ? XDG_CACHE_HOME && join(XDG_CACHE_HOME, 'mothball') : cached;
  if (own && process.env.NODE_COMPILE_CACHE === undefined) nodeModule.enableCompileCache(own);
}

if (major > 24 || (major === 24 && minor >= 12)) {
  // The same process goes on as another program (execve(2)); where that is missing, it runs as it is.
  if (!tuned && !light.test(process.argv[2] ?? '') && typeof process.execve === 'function') {
    const args = [process.execPath, ...memoryFlags, ...process.execArgv, launcher, ...process.argv.slice(2)];
    process.execve(process.execPath, args, { ...memoryEnv, ...process.env });
  }
  setFlagsFromString(heapGrowth);
  cacheCompiled();
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
  const child = spawn(node, [...memoryFlags, launcher, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...memoryEnv, ...process.env },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) =>
    signal === null ? process.exit(code ?? 1) : process.kill(process.pid, signal),
  );
}
