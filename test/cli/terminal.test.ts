import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import test from 'node:test';
import { terminal } from '../../src/cli/terminal.ts';

function output(tty: boolean): { readonly stream: PassThrough; readonly text: () => string } {
  const pieces: Buffer[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY: tty, columns: 20 });
  stream.on('data', (data: Buffer) => pieces.push(data));
  return { stream, text: () => Buffer.concat(pieces).toString() };
}

test('colours follow the stream and the environment that are given, each for itself', () => {
  const colours = { TERM: 'xterm-256color' };
  const red = '\u001b[31mno\u001b[39m';
  for (const [env, stdout, stderr] of [
    [colours, 'no', red],
    [{ ...colours, NO_COLOR: '1' }, 'no', 'no'],
    [{ TERM: 'dumb' }, 'no', 'no'],
    [{ FORCE_COLOR: '1' }, red, red],
    [{ ...colours, FORCE_COLOR: '0' }, 'no', 'no'],
  ] as const) {
    const io = terminal(
      { stdin: Readable.from([]), stdout: output(false).stream, stderr: output(true).stream },
      env,
    );
    assert.deepEqual([io.style('red', 'no'), io.style('red', 'no', 'stderr')], [stdout, stderr]);
    assert.deepEqual([io.outColumns, io.errColumns], [null, 20]);
  }
});

for (const [answer, agreed] of [
  ['y', true],
  ['YES', true],
  ['n', false],
  ['', false],
  ['yesterday', false],
] as const) {
  test(`a question on a terminal that is answered "${answer}" is ${agreed ? 'agreed to' : 'declined'}`, async () => {
    const stdin = Object.assign(Readable.from([`${answer}\n`]), { isTTY: true });
    const stderr = output(true);
    const io = terminal({ stdin, stdout: output(false).stream, stderr: stderr.stream }, {});
    assert.equal(io.interactive, true);
    assert.equal(await io.confirm('Delete?'), agreed);
    assert.match(stderr.text(), /Delete\? \[y\/N\] /);
  });
}

test('without a terminal there is nobody to ask', async () => {
  const stderr = output(false);
  const io = terminal({ stdin: Readable.from(['y\n']), stdout: stderr.stream, stderr: stderr.stream }, {});
  assert.deepEqual([io.interactive, await io.confirm('Delete?'), stderr.text()], [false, false, '']);
});
