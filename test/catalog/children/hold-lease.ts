import { openPostgres } from '../../../src/catalog/postgres/open.ts';
import { isError } from '../../../src/errors.ts';

/** Holds the lease of an account and looks every 10 ms whether it may still write, until it may not. */
const { catalog, locks } = await openPostgres(JSON.parse(process.argv[2] ?? ''), { mode: 'existing' });
const lock = await locks.account({ server: 'main', account: 'alice' });
if (lock === null) throw new Error('it is taken');
process.stdout.write('held\n');
const timer = setInterval(() => {
  try {
    lock.require();
    process.stdout.write('tick permitted\n');
  } catch {
    process.stdout.write('tick refused\n');
    clearInterval(timer);
    void late();
  }
}, 10);

async function late(): Promise<void> {
  try {
    await lock?.fenced?.setStoreMarker('local', 'late');
    process.stdout.write('recorded\n');
  } catch (error) {
    process.stdout.write(isError(error, 'database') ? 'recorded nothing\n' : `${String(error)}\n`);
  }
  await lock?.[Symbol.asyncDispose]();
  await catalog[Symbol.asyncDispose]();
}
