/**
 * How long a search takes among many messages, first without and then with their text indexed:
 * `npm run bench:search -- postgres 1000000`, or `sqlite`. Times are medians of five; `cpu` is that of
 * this process and, on PostgreSQL, of the connection, which hardly depends on what else the machine does.
 */
import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseQuery } from '../../src/read/search-query.ts';
import type { Catalog } from '../../src/ports/catalog.ts';
import type { MessageQuery } from '../../src/ports/records.ts';
import { openMail } from './search-databases.ts';

const [kind = 'postgres', amount = '1000000'] = process.argv.slice(2);
if (kind !== 'postgres' && kind !== 'sqlite') throw new Error('postgres or sqlite');
const count = Number(amount);
const account = { accounts: [{ server: 'main', account: 'user7' }] };
const headers: readonly (readonly [string, MessageQuery?])[] = [
  [''],
  [`only${count - 7}`],
  ['thousand77'],
  ['fifty7'],
  ['report'],
  ['example'],
  ['nowhere'],
  ['report fifty6'],
  ['report thousand77'],
  ['"report fifty6"'],
  ['from:p77'],
  ['from:example'],
  ['to:someone7'],
  ['subject:report'],
  ['folder:Lists'],
  ['report folder:Lists'],
  ['folder:None'],
  ['', account],
  ['thousand77', account],
  ['since:2018'],
  ['before:2017-08'],
  ['report before:2017-08'],
  ['larger:90KB'],
  ['larger:40MB'],
  ['larger:1GB'],
  ['report larger:40MB'],
  ['thousand77 OR thousand78'],
  ['report OR note'],
  ['-report'],
  ['report -fifty6'],
  ['-example'],
  ['report -example'],
  ['id:777@x'],
];
const texts: readonly (readonly [string])[] = [
  ['report'],
  ['thousand77'],
  ['report thousand77'],
  ['body:tenth7'],
  ['body:rare777'],
  ['body:nowhere'],
  ['attachment:pdf'],
  ['attachment:invoice77'],
  ['has:attachment'],
  ['-has:attachment'],
  ['has:attachment report'],
];

await using mail = await openMail(kind, count);
console.log(`${kind}, ${count} messages; load average ${loadavg()[0]?.toFixed(1)}`);
for (const [text, more = {}] of headers) await measure(text, more);
await farPages();
await archivePage();
console.log('with the text of all mail indexed:');
await mail.addTexts();
for (const [text] of texts) await measure(text, {});
console.log(`load average ${loadavg()[0]?.toFixed(1)}`);

/** A page behind many others: by their number, as a script may ask, and after its last message, as the page does. */
async function farPages(): Promise<void> {
  for (const text of ['', 'report']) {
    const offset = count / 20;
    await measure(text, { offset });
    const [last] = await mail.catalog.search({ ...parseQuery(text), limit: 1, offset: offset - 1 });
    if (last === undefined) throw new Error('there are too few');
    await measure(text, { after: { date: last.date ?? last.internalDate, n: last.n } });
  }
}

async function archivePage(): Promise<void> {
  await timed('a page of archives', (catalog) => catalog.archivePage({}, { limit: 50, offset: 0 }));
}

async function measure(text: string, more: MessageQuery): Promise<void> {
  const name = [text === '' ? '(all)' : text, ...Object.entries(more).map((one) => JSON.stringify(one))];
  const query = { ...parseQuery(text), ...more };
  await timed(name.join(' '), (catalog) => catalog.search({ ...query, limit: 51 }));
  await timed('  and its count', (catalog) => catalog.countFound(query));
}

async function timed(name: string, task: (catalog: Catalog) => Promise<unknown>): Promise<void> {
  const walls: number[] = [];
  const cpus: number[] = [];
  // A connection of long ago was given up.
  await task(mail.catalog);
  const others = await mail.processes();
  for (let round = 0; round < 5; round += 1) {
    const spent = await cpuMs(others);
    const begun = performance.now();
    await task(mail.catalog);
    walls.push(performance.now() - begun);
    cpus.push((await cpuMs(others)) - spent);
  }
  console.log(`${median(walls).toFixed(0)} ms, cpu ${median(cpus).toFixed(0)} ms: ${name}`);
}

async function cpuMs(processes: readonly number[]): Promise<number> {
  const { user, system } = process.cpuUsage();
  const others = await Promise.all(
    processes.map(async (id) => Number((await readFile(`/proc/${id}/schedstat`, 'utf8')).split(' ')[0])),
  );
  return (user + system) / 1000 + others.reduce((sum, one) => sum + one, 0) / 1e6;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}
