/** Writes helm/values.schema.json, and the table of values in helm/README.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { valuesTable } from './chart-readme.ts';
import { chartValuesSchema } from './chart-values.ts';

const helm = new URL('../../helm/', import.meta.url);
const read = (name: string): Promise<string> => readFile(new URL(name, helm), 'utf8');

await writeFile(new URL('values.schema.json', helm), `${JSON.stringify(chartValuesSchema(), null, 2)}\n`);
const readme = await read('README.md');
const start = readme.indexOf('\n', readme.indexOf('<!-- values:')) + 1;
const end = readme.indexOf('<!-- /values -->');
await writeFile(
  new URL('README.md', helm),
  `${readme.slice(0, start)}\n${valuesTable(await read('values.yaml'))}\n\n${readme.slice(end)}`,
);
