// Takes the lock of an account, says whether it got it, and holds it until stdin ends.
import { writeSync } from 'node:fs';
import { openLocks } from '../../../src/catalog/locks.ts';

const [directory = '', account = ''] = process.argv.slice(2);
const lock = await openLocks(directory).account({ server: 'main', account });
writeSync(1, lock === null ? 'null\n' : 'held\n');
if (lock !== null) {
  for await (const _ of process.stdin);
  await lock[Symbol.asyncDispose]();
}
