import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Random } from '../corpus/random.ts';
import { inFull } from '../full.ts';
import { archiveMutants } from './archive-mutants.ts';
import { type Catch, catches } from './catches.ts';
import { gmailMutants } from './gmail-mutants.ts';
import { isolationMutants } from './isolation-mutants.ts';
import type { Mutant } from './mutant.ts';
import { mutants } from './mutants.ts';
import { planMutants } from './plan-mutants.ts';
import { purgeMutants } from './purge-mutants.ts';
import { signInMutants } from './sign-in-mutants.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const copies = mkdtempSync(join(tmpdir(), 'mutants-'));

const all: readonly Mutant[] = [
  ...mutants,
  ...archiveMutants,
  ...purgeMutants,
  ...signInMutants,
  ...gmailMutants,
  ...isolationMutants,
  ...planMutants,
];

/** Some mutants by lot, others each day; `npm run test:mutants` tries them all. */
function lot(): readonly Mutant[] {
  const random = new Random(Number(process.env['SEED'] ?? Math.floor(Date.now() / 86_400_000)));
  const rest = [...all];
  return Array.from({ length: 6 }, () => {
    const chosen = random.pick(rest);
    rest.splice(rest.indexOf(chosen), 1);
    return chosen;
  });
}

after(() => rmSync(copies, { recursive: true, force: true }));

/** A copy of the program and its tests, with everything else of this checkout beside it. */
function copyOf(name: string): string {
  const copy = join(copies, name);
  mkdirSync(copy);
  for (const part of readdirSync(repository)) {
    if (part === 'src' || part === 'test')
      cpSync(join(repository, part), join(copy, part), { recursive: true });
    // But for the cache in it, which would keep what is compiled here.
    else if (part === 'node_modules') linkAll(join(repository, part), join(copy, part), /^(?!\.cache$)/);
    else if (part !== '.git') symlinkSync(join(repository, part), join(copy, part));
  }
  return copy;
}

function linkAll(from: string, to: string, names: RegExp): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) if (names.test(name)) symlinkSync(join(from, name), join(to, name));
}

/**
 * Copies that the mutants take in turn, as many as run at a time: in the same place Node finds compiled
 * what is the same as before.
 */
const free: string[] = [];

/** Does it in a copy with these changes. */
async function inCopy<T>(
  { name, patches }: Pick<Mutant, 'name' | 'patches'>,
  use: (copy: string) => Promise<T>,
): Promise<T> {
  const copy = free.pop() ?? assert.fail('more at a time than there are copies');
  const originals = new Map<string, string>();
  try {
    for (const { file, from, to } of patches) {
      const path = join(copy, 'src', file);
      const text = readFileSync(path, 'utf8');
      if (!originals.has(path)) originals.set(path, text);
      // The patch must fit: a mutant that changes nothing would prove nothing.
      assert.equal(text.split(from).length, 2, `mutant "${name}": ${file} has not exactly one ${from}`);
      writeFileSync(
        path,
        text.replace(from, () => to),
      );
    }
    return await use(copy);
  } finally {
    for (const [path, text] of originals) writeFileSync(path, text);
    free.push(copy);
  }
}

interface Verdict {
  readonly passed: boolean;
  readonly output: string;
}

/** Runs tests of a copy whose names match, as their own process group would: outside of this runner. */
function runTests(copy: string, { file, pattern }: Catch): Promise<Verdict> {
  // Nor with a program that was built without the mutant.
  const { NODE_TEST_CONTEXT: _, MOTHBALL_TEST_PROGRAM: __, ...inherited } = process.env;
  const env = { ...inherited, NODE_COMPILE_CACHE: join(copies, 'compiled') };
  const args = ['--test', '--test-reporter=tap', `--test-name-pattern=${pattern}`, join('test', file)];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: copy, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => (output += String(data)));
    child.stderr.on('data', (data) => (output += String(data)));
    child.once('error', reject);
    child.once('close', (code) => {
      const count = (word: string): number => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(output)?.[1]);
      if (count('pass') + count('fail') === 0) reject(new Error(`${file} has no test named /${pattern}/`));
      else resolve({ passed: code === 0, output });
    });
  });
}

test('each mutant fits: every text that it replaces is in its file exactly once', () => {
  const texts = new Map<string, string>();
  for (const { name, patches } of all)
    for (const { file, from } of patches) {
      const text = texts.get(file) ?? readFileSync(join(repository, 'src', file), 'utf8');
      texts.set(file, text);
      assert.equal(text.split(from).length, 2, `mutant "${name}": ${file} has not exactly one ${from}`);
    }
});

// Two at a time: they wait for servers more than they work.
describe('mutants', { concurrency: 2 }, () => {
  before(() => free.push(copyOf('one'), copyOf('other')));
  // That each test passes where nothing is changed is shown by the whole suite; here, that it would in a copy.
  test('without a change, a copy passes', async () => {
    const { passed, output } = await inCopy({ name: 'none', patches: [] }, (copy) =>
      runTests(copy, catches.overlap),
    );
    assert.ok(passed, output.slice(-3_000));
  });
  for (const mutant of inFull ? all : lot()) {
    test(`a program that ${mutant.name} does not pass`, async () => {
      const { passed, output } = await inCopy(mutant, (copy) => runTests(copy, catches[mutant.caughtBy]));
      assert.ok(!passed, 'the mutant survives');
      // It has to be the behaviour that fails, not the program that does not start.
      assert.doesNotMatch(output, /SyntaxError|ERR_MODULE_NOT_FOUND|ReferenceError/);
    });
  }
});
