// Records runs, one transaction each, and prints the id of each that is acknowledged. Ends at the
// count, or prints the codes of the first error and of the call after it.
import { writeSync } from 'node:fs';
import { openCatalog } from '../../../src/catalog/sqlite.ts';
import { MothballError } from '../../../src/errors.ts';

const [path = '', prefix = '', count = '0', reportSize = '0'] = process.argv.slice(2);
// A file that would grow over `ulimit -f` must be an error of write(2), not the end of the process.
process.on('SIGXFSZ', () => {});

const catalog = await openCatalog(path, { mode: 'create' });
const report = 'x'.repeat(Number(reportSize));
const say = (line: string): number => writeSync(1, `${line}\n`);

for (let number = 0; number < Number(count); number += 1) {
  const id = `${prefix}${number}`;
  try {
    const run = { server: 's', account: 'a', policy: 'p', started: new Date(number) };
    await catalog.startRun({ id, ...run, finished: null, result: null, report });
  } catch (error) {
    say(`error ${error instanceof MothballError ? error.code : 'other'}`);
    break;
  }
  say(id);
}
try {
  await catalog.runs(1);
  await catalog[Symbol.asyncDispose]();
} catch (error) {
  say(`closed ${error instanceof MothballError ? error.code : 'other'}`);
}
