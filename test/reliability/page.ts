import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row, Shown } from './row.ts';
import { serverRows } from './rows-servers.ts';
import { storeRows } from './rows-stores.ts';

const root = join(import.meta.dirname, '..');

export const rows: readonly Row[] = [...storeRows, ...serverRows];

const intro = `# Reliability

What Mothball does when something goes wrong, and the test that shows it. After every row, each message is on the server or can be restored byte for byte, and nothing else is gone. The judge in the tests shares no code with the program: it reads mail over its own connections, and archives with \`zstd\`, \`gzip\` and \`age\`.

This page is generated from the tests by \`npm run docs:reliability\`. [safety.md](safety.md) has the rules behind it.
`;

const end = `
## How hard the tests try

- **Kills.** A run is killed at each of its fail points, and the next run must end as an uninterrupted one would. \`npm run test:fault\` also kills that second run, at each pair of fail points, with local, encrypted and S3 stores, in mode \`expunge\` and in mode \`trash\`. \`npm test\` tries some of these pairs.
- **Power loss.** The tests have a disk that keeps only what was synced. The power goes before any one fsync.
- **Any order.** Generated sequences of run, restore, expire, reindex, holds and passing days, with another mail client that flags, moves and deletes in between. The judge looks after every step.
- **Mutants.** Versions of the program with one safety step removed. For each of them a test must fail.
`;

/** The page as it must be. @throws when a row has no test, or one that is not there. */
export function reliabilityPage(): string {
  const lines = rows.map(({ number, fault, outcome, shown }) => {
    if (shown.length === 0) throw new Error(`row ${number} has no test`);
    const links = shown.map((one) => `[${titleOf(one)}](../test/${one[0]}.test.ts)`);
    return `${number}. **${fault}.** ${outcome} Shown by: ${links.join(' · ')}\n`;
  });
  return intro + lines.join('') + end;
}

/** The whole title, or the name of the case, that has these words; what is filled in later is `…`. */
export function titleOf([file, words]: Shown): string {
  const text = readFileSync(join(root, `${file}.test.ts`), 'utf8');
  const literals = [...text.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\\n]|\\.)*)`/g)];
  const found = literals.map(([, plain, template]) => plain ?? template ?? '');
  const title = found.find((one) => one.includes(words));
  if (title === undefined) throw new Error(`test/${file}.test.ts has no title with "${words}"`);
  return title.replaceAll(/\$\{[^}]*\}/g, '…').replaceAll(/[\\[\]`*_<>]/g, '\\$&');
}
