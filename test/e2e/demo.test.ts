import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { inFull } from '../full.ts';
import { privateTmp, processesOf } from './left-over.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where Node keeps what it compiled; by itself it would be in TMPDIR. */
const compiled = fileURLToPath(new URL('../../node_modules/.cache/tests', import.meta.url));

interface Demo {
  readonly child: ChildProcess;
  /** Everything it printed so far. */
  text(): string;
  /** Resolves when it has ended: with the exit code, or the name of a signal. */
  readonly ended: Promise<number | string>;
}

/** Runs a script of the checkout in a process group of its own, like a shell's job. */
function start(command: readonly string[], tmp: string): Demo {
  const [program = '', ...words] = command;
  const child = spawn(program, words, {
    cwd: root,
    env: { ...process.env, TMPDIR: tmp, NO_COLOR: '1', NODE_COMPILE_CACHE: compiled },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (data) => output.push(data));
  child.stderr.on('data', (data) => output.push(data));
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code ?? -1));
  });
  return { child, text: () => Buffer.concat(output).toString(), ended };
}

async function until(demo: Demo, text: string): Promise<void> {
  const { stdout } = demo.child;
  if (stdout === null) throw new Error('no output');
  while (!demo.text().includes(text)) {
    const more = new Promise((resolve) => stdout.once('data', resolve));
    const over = await Promise.race([more, demo.ended.then(() => 'over' as const)]);
    if (over === 'over') throw new Error(`it ended before "${text}":\n${demo.text()}`);
  }
}

const demoDirectories = async (): Promise<readonly string[]> => readdir(`${root}.demo`).catch(() => []);

async function assertNothingLeft(tmp: string, before: readonly string[]): Promise<void> {
  assert.deepEqual(await processesOf(tmp), []);
  assert.deepEqual(await readdir(tmp), []);
  assert.deepEqual(await demoDirectories(), before);
}

test('the demo brings back every message and leaves no process and no file', async () => {
  await using tmp = await privateTmp();
  const before = await demoDirectories();
  const demo = start([process.execPath, 'test/tools/demo.ts'], tmp.path);
  assert.equal(await demo.ended, 0, demo.text());
  const text = demo.text();
  assert.match(text, /every message came back: 3,000 of 3,000/);
  assert.match(text, /User quota: .* 9\d\.\d % of 64\.0 MiB[^]*User quota: .* (59\.\d|60\.0) % of 64\.0 MiB/);
  for (const command of ['quota', 'plan', 'run --yes', 'search', 'show', 'reindex', 'restore --all --yes'])
    assert.ok(text.includes(`$ mothball ${command}`), `${command} is not shown:\n${text}`);
  assert.ok(!text.includes('\u001b['), 'NO_COLOR is not respected');
  await assertNothingLeft(tmp.path, before);
});

test('Ctrl-C in the middle of the demo ends it with 130 and leaves no process and no file', async () => {
  await using tmp = await privateTmp();
  const before = await demoDirectories();
  const demo = start([process.execPath, 'test/tools/demo.ts'], tmp.path);
  await until(demo, '$ mothball run');
  const { pid } = demo.child;
  assert.ok(pid !== undefined);
  // A terminal sends it to every process of the job.
  process.kill(-pid, 'SIGINT');
  assert.equal(await demo.ended, 130, demo.text());
  await assertNothingLeft(tmp.path, before);
});

if (inFull) {
  test('--keep leaves the server and the archive, and stop.sh removes them', async () => {
    await using tmp = await privateTmp();
    const before = await demoDirectories();
    const demo = start([process.execPath, 'test/tools/demo.ts', '--keep'], tmp.path);
    assert.equal(await demo.ended, 0, demo.text());
    const directory = /cd (\.demo\/mail-\S+)/.exec(demo.text())?.[1];
    const stop = /sh (\/\S+\/stop\.sh)/.exec(demo.text())?.[1];
    assert.ok(directory !== undefined && stop !== undefined, demo.text());
    const quota = start(
      [process.execPath, 'src/mothball.js', 'quota', '--config', `${directory}/mothball.yaml`],
      tmp.path,
    );
    assert.equal(await quota.ended, 0, quota.text());
    assert.match(demo.text(), /The page +http[^]*The metrics +http[^]*mothball daemon/);
    assert.match(quota.text(), /alice@example\.com on main/);
    const stopped = start(['sh', stop], tmp.path);
    assert.equal(await stopped.ended, 0, stopped.text());
    await assertNothingLeft(tmp.path, before);
  });
}

test('an unknown word on the command line is refused before anything is installed or started', async () => {
  await using tmp = await privateTmp();
  const demo = start(['bash', 'test/tools/demo.sh', '--kep'], tmp.path);
  assert.equal(await demo.ended, 2, demo.text());
  assert.match(demo.text(), /knows only --keep, not --kep/);
});
