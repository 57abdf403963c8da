/** Comments cite docs/safety.md as SAFETY with a step, an invariant or a heading: each leads to a heading there. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

const root = join(import.meta.dirname, '../..');
const self = 'test/architecture/citations.test.ts';
const citing = ['src', 'test', 'docs', 'policies'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|js|sh|md|yaml)$/.test(name))
    .map((name) => `${folder}/${name}`)
    .filter((file) => file !== self),
);
const files = [...citing, '.oxlintrc.json', 'README.md', 'CHANGELOG.md'];
const headings = headingsOf(readFileSync(join(root, 'docs/safety.md'), 'utf8'));

test('every citation of SAFETY leads to a heading of docs/safety.md', () => {
  const lost: string[] = [];
  let found = 0;
  for (const file of files) {
    for (const { text, targets } of citationsIn(readFileSync(join(root, file), 'utf8'))) {
      found += 1;
      if (targets.length === 0 || !targets.every((target) => headings.has(target)))
        lost.push(`${file}: ${text}`);
    }
  }
  assert.deepEqual(lost, []);
  assert.ok(found >= 50, `only ${found} citations were found`);
});

test('docs/safety.md has a heading for each invariant and each step, and for the other parts', () => {
  const numbers = (count: number): readonly number[] =>
    Array.from({ length: count }, (_, index) => index + 1);
  const invariants = numbers(9).map((number) => `I${number}`);
  const steps = numbers(13).map((number) => `step ${number}`);
  const others = ['Crash', 'Locks', 'Databases', 'Bytes', 'Security', 'What a mail server may do'];
  const wanted = [...invariants, ...steps, ...others];
  assert.deepEqual(
    wanted.filter((name) => !headings.has(name)),
    [],
  );
});

test('an invented citation is refused, however it is written', () => {
  const wrong = ['step 14', 'steps 12–14', 'I10', '"Weather"', 'Weather', '14'];
  for (const target of wrong) {
    const found = citationsIn(`// It rains (SAFETY ${target}).`);
    assert.equal(found.length, 1, target);
    assert.ok(
      found.every(({ targets }) => targets.length === 0 || !targets.every((name) => headings.has(name))),
      target,
    );
  }
  const right = ['step 9', 'steps 10–12', 'I1', '"Crash"', 'Locks', '"What a mail\n * server may do"'];
  for (const target of right)
    for (const { targets } of citationsIn(`/**\n * It holds (SAFETY ${target}).\n */`))
      assert.ok(targets.length > 0 && targets.every((name) => headings.has(name)), target);
});

/** What can be cited: `step 9` for "Step 9: Recheck", `I1` for "I1: …", and the whole text of any other heading. */
function headingsOf(markdown: string): ReadonlySet<string> {
  return new Set(
    [...markdown.matchAll(/^#{2,} (.+)$/gm)].map(([, heading = '']) => {
      const numbered = /^(?:Step (\d+)|(I\d+)):/.exec(heading);
      if (numbered?.[1] !== undefined) return `step ${numbered[1]}`;
      return numbered?.[2] ?? heading;
    }),
  );
}

interface Citation {
  readonly text: string;
  /** The headings it names; none where it can't be understood. */
  readonly targets: readonly string[];
}

/** Every SAFETY of a text that is not part of a longer name, with what it names. Comments may break it into lines. */
function citationsIn(text: string): readonly Citation[] {
  const plain = text.replaceAll(/\s*\n\s*(?:\*(?!\/)|\/\/|#)?\s*/g, ' ');
  return [...plain.matchAll(/(?<![\w/])SAFETY(?!\w)(.{0,60})/g)].map(([all, rest = '']) => ({
    text: all,
    targets: targetsOf(rest),
  }));
}

function targetsOf(rest: string): readonly string[] {
  const steps = /^ steps? (\d+)(?:[–-](\d+))?/.exec(rest);
  if (steps !== null) {
    const first = Number(steps[1]);
    const last = Number(steps[2] ?? steps[1]);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => `step ${first + index}`);
  }
  const name = /^ (?:(I\d+)|"([^"]+)"|([A-Z][a-z]+))/.exec(rest);
  return [name?.[1] ?? name?.[2] ?? name?.[3]].filter((target) => target !== undefined);
}
