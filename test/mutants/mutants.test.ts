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
import test, { after, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Catch, catches } from './catches.ts';
import { type Mutant, mutants } from './mutants.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const copies = mkdtempSync(join(tmpdir(), 'mutants-'));

after(() => rmSync(copies, { recursive: true, force: true }));

/** A copy of the program and its tests, with everything else of this checkout beside it. */
function copyOf(name: string): string {
  const copy = join(copies, name.replaceAll(/[^a-z]+/g, '-'));
  mkdirSync(copy);
  for (const part of readdirSync(repository)) {
    if (part === 'src' || part === 'test')
      cpSync(join(repository, part), join(copy, part), { recursive: true });
    else if (part !== '.git') symlinkSync(join(repository, part), join(copy, part));
  }
  return copy;
}

/** The patch must fit: a mutant that changes nothing would prove nothing. */
function patch(copy: string, { name, patches }: Mutant): void {
  for (const { file, from, to } of patches) {
    const path = join(copy, 'src', file);
    const text = readFileSync(path, 'utf8');
    assert.equal(text.split(from).length, 2, `mutant "${name}": ${file} has not exactly one ${from}`);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
  }
}

interface Verdict {
  readonly passed: boolean;
  readonly output: string;
}

/** Runs tests of a copy whose names match, as their own process group would: outside of this runner. */
function runTests(copy: string, { file, pattern }: Catch): Promise<Verdict> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
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

// Two at a time: they wait for servers more than they work.
describe('mutants', { concurrency: 2 }, () => {
  // That each test passes where nothing is changed is shown by the whole suite; here, that it would in a copy.
  test('without a change, a copy passes', async () => {
    const { passed, output } = await runTests(copyOf('none'), catches.overlap);
    assert.ok(passed, output.slice(-3_000));
  });
  for (const mutant of mutants) {
    test(`a program that ${mutant.name} does not pass`, async () => {
      const copy = copyOf(mutant.name);
      patch(copy, mutant);
      const { passed, output } = await runTests(copy, catches[mutant.caughtBy]);
      assert.ok(!passed, 'the mutant survives');
      // It has to be the behaviour that fails, not the program that does not start.
      assert.doesNotMatch(output, /SyntaxError|ERR_MODULE_NOT_FOUND|ReferenceError/);
    });
  }
});
