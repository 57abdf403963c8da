import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { formatPath, maxYamlBytes, parseYaml, readYaml } from '../../src/config/yaml-source.ts';
import { ConfigError } from '../../src/errors.ts';
import { directoryWith } from './files.ts';

const refused: readonly (readonly [what: string, yaml: string, problem: RegExp])[] = [
  ['a duplicate key', 'a: 1\nb: 2\na: 3\n', /^f:3:1: this key is there already/],
  ['__proto__', 'a:\n  __proto__: { admin: true }\n', /^f:2:3: the key "__proto__" is not allowed/],
  ['a quoted __proto__', '{ "__proto__": 1 }', /^f:1:3: the key "__proto__"/],
  ['a merge key', 'a: &x { b: 1 }\nc:\n  <<: *x\n', /^f:3:3: merge keys/],
  ['a YAML 1.1 directive', '%YAML 1.1\n---\na: yes\n', /^f:3:1: %YAML directives/],
  ['a tag', 'a: 1\nb: !!js/function x\n', /^f:2:4: tags \(!name\) are not allowed/],
  ['a binary', 'a: !!binary aGk=', /^f:1:4: tags/],
  ['an alias without anchor', 'a: *b', /^f:1:4: this alias/],
  ['an alias to itself', 'a: &x [*x]', /nested deeper than 50 levels/],
  ['deep nesting', `${'['.repeat(60)}${']'.repeat(60)}`, /nested deeper than 50 levels/],
  ['very deep nesting', '['.repeat(300_000), /^f:1:\d+: nested too deep/],
  ['many aliases', `a: &x 1\nb: [${'*x, '.repeat(33)}]`, /^f:2:\d+: more than 32 aliases/],
  ['two documents', 'a: 1\n---\nb: 1\n', /^f:2:1: more than one document/],
  ['a tab', 'a:\n\tb: 1\n', /^f:2:1: a tab in the indentation/],
  ['a list as a key', '? [a]\n: 1\n', /^f:1:3: a key must be plain text/],
];

for (const [what, yaml, problem] of refused) {
  test(`${what} is refused with its place`, () => {
    assert.throws(
      () => parseYaml('f', yaml),
      (error) => error instanceof ConfigError && problem.test(error.message),
    );
  });
}

test('a YAML bomb is refused before it grows', () => {
  const levels = Array.from(
    { length: 4 },
    (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level}, `.repeat(8)}]`,
  );
  const bomb = ['l0: &l0 [lol]', ...levels].join('\n');
  assert.throws(() => parseYaml('f', bomb), /aliases \(\*name\) multiply|more than 32 aliases/);
  const few = 'a: &a [x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]';
  assert.throws(() => parseYaml('f', few), /aliases \(\*name\) multiply/);
});

test('faults of the syntax never quote the text', () => {
  for (const yaml of [
    'a: hunter2 : x',
    'a: "hunter2\n',
    'a: [hunter2',
    'hunter2\na: 1',
    'a: "\\hunter2"',
    'a: @hunter2',
  ]) {
    assert.throws(
      () => parseYaml('f', yaml),
      (error) => error instanceof ConfigError && !error.message.includes('hunter2'),
      yaml,
    );
  }
});

test('YAML 1.2: only true and false are booleans', () => {
  assert.deepEqual(parseYaml('f', 'a: yes\nb: off\nc: true\nd: 0o10\ne: 1:30').value, {
    a: 'yes',
    b: 'off',
    c: true,
    d: 8,
    e: '1:30',
  });
});

test('a problem stands at its key or value, or at what is there around it', () => {
  const source = parseYaml('f', 'a:\n  b: [1, { c: 2 }]\n  d: &x { e: 3 }\n  g: *x\n');
  const place = (path: readonly (string | number)[], part?: 'key' | 'value'): string => {
    const { line, column } = source.problem(path, '', part);
    return `${line}:${column}`;
  };
  assert.equal(place(['a', 'b', 1, 'c']), '2:15');
  assert.equal(place(['a', 'b', 1, 'c'], 'key'), '2:12');
  assert.equal(place(['a', 'b', 7]), '2:6');
  assert.equal(place(['a', 'missing', 'deeper']), '2:3');
  assert.equal(place(['a', 'g', 'e']), '3:14');
  assert.equal(place([]), '1:1');
  assert.equal(source.problem(['a', 'b', 1, 'x y'], '').path, 'a.b[1]."x y"');
  assert.equal(formatPath([]), '');
});

test('a file that is missing, too large, a directory or no UTF-8 is refused', async (t) => {
  const directory = await directoryWith(t, { big: ' '.repeat(maxYamlBytes + 1) });
  await writeFile(join(directory, 'latin1'), Buffer.from([0x61, 0x3a, 0x20, 0xe9]));
  await assert.rejects(readYaml(join(directory, 'none')), /none: there is no such file/);
  await assert.rejects(readYaml(join(directory, 'big')), /big: is larger than 1048576 bytes/);
  await assert.rejects(readYaml(directory), /is not a regular file/);
  await assert.rejects(readYaml(join(directory, 'latin1')), /is not UTF-8 text/);
});
