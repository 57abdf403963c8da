/** docs/architecture.md and docs/safety.md name files that are there, and rooms and arrows as lint holds them. */
import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const architecture = read('docs/architecture.md');

/** Rooms that most use cases share: the picture leaves out the arrows to them. */
const shared = ['preflight', 'work'];

/** What lint lets each room of the use cases import of the others, from .oxlintrc.json. */
const lint = lintArrows();

for (const page of ['docs/architecture.md', 'docs/safety.md']) {
  test(`every file that ${page} names is there`, () => {
    const named = pathsIn(read(page));
    assert.ok(named.length >= 30, `only ${named.length} were found`);
    assert.deepEqual(
      named.filter((path) => !isThere(path)),
      [],
    );
  });
}

test('a file that is not there is noticed, also without its folder', () => {
  const text = 'See `purge/purge.ts`, `purge.ts`, `purge/gone.ts`, `config/none-*.ts` and `nowhere/`.';
  assert.deepEqual(
    pathsIn(text).filter((path) => !isThere(path)),
    ['purge.ts', 'purge/gone.ts', 'config/none-*.ts', 'nowhere/'],
  );
});

test('the table of the use cases says what lint lets each room import', () => {
  const table = new Map(
    [...architecture.matchAll(/^\| `(\w+)` +\|[^|]*\|([^|]*)\|$/gm)].map(([, room = '', may = '']) => [
      room,
      [...may.matchAll(/`(\w+)`/g)].map(([, name = '']) => name).toSorted(),
    ]),
  );
  assert.deepEqual(Object.fromEntries(table), Object.fromEntries(lint));
});

test('the picture of the rooms has the arrows that lint allows, and no others', () => {
  const [picture = ''] = architecture.match(/```mermaid\n[^]*?```/) ?? [];
  const [, usecases = ''] = /subgraph usecases[^\n]*\n([^]*?)\n *end/.exec(picture) ?? [];
  const drawn = [...usecases.matchAll(/(\w+) --> (\w+)/g)].map(([, from, to]) => `${from} ${to}`);
  const allowed = [...lint].flatMap(([room, may]) =>
    may.filter((other) => !shared.includes(other)).map((other) => `${room} ${other}`),
  );
  assert.deepEqual(drawn.toSorted(), allowed.toSorted());
});

test('the tables name every room of src', () => {
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  assert.deepEqual(
    rooms
      .map(({ name }) => name)
      .filter((name) => !new RegExp(`^\\|.*\`${name}/?\``, 'm').test(architecture)),
    [],
  );
});

/** Code spans that look like a file, a folder or a pattern of files. */
function pathsIn(markdown: string): readonly string[] {
  const spans = [...markdown.matchAll(/`([^`\s]+)`/g)].map(([, span = '']) => span);
  return [...new Set(spans.filter((span) => /^[\w.-][\w./*-]*(?:\.(?:ts|js|md|json|yaml)|\/)$/.test(span)))];
}

/** From the top of the repository, or from src. */
function isThere(path: string): boolean {
  return ['', 'src'].some((folder) => globSync(join(folder, path), { cwd: root }).length > 0);
}

function lintArrows(): ReadonlyMap<string, readonly string[]> {
  const text = read('.oxlintrc.json').replaceAll(/^\s*\/\/.*$/gm, '');
  const { overrides }: { readonly overrides: readonly object[] } = JSON.parse(text);
  const groups = new Map(
    overrides.flatMap((override) => {
      const rule = JSON.stringify(override);
      const rooms = [...rule.matchAll(/"src\/(\w+)\/\*\*"/g)].map(([, room = '']) => room);
      return rooms.map((room) => [
        room,
        [...rule.matchAll(/"!\.\.\/(\w+)\/\*\.ts"/g)].map(([, to = '']) => to),
      ]);
    }),
  );
  const names = [...architecture.matchAll(/^\| `(\w+)` +\|/gm)].map(([, room = '']) => room);
  return new Map(
    names.map((room) => [room, (groups.get(room) ?? []).filter((to) => names.includes(to)).toSorted()]),
  );
}
