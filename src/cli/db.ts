import {
  copyDatabase,
  countTables,
  databaseName,
  migrateDatabase,
  placeName,
  placeNamed,
  placeOf,
  prepareDirectories,
} from '../compose.ts';
import type { Config } from '../config/config.ts';
import { count, countOf } from '../domain/count.ts';
import { isError, MothballError } from '../errors.ts';
import { type CommonOptions, confirmed, type Context, printJson, readConfig } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { table } from './table.ts';

interface DbOptions extends CommonOptions {
  readonly passwordFile?: string;
}

/** `db copy FROM TO`, `db migrate`, `db check`. */
export async function db(
  context: Context,
  [action, from, to]: readonly string[],
  options: DbOptions,
): Promise<ExitCode> {
  switch (action) {
    case 'copy':
      if (from === undefined || to === undefined) throw usage('`db copy` needs two databases: FROM and TO');
      return await copy(context, { from, to }, options);
    case 'migrate':
      return await migrate(context);
    case 'check':
      return await check(context);
    default:
      throw usage(`there is no \`db ${action ?? ''}\`; there are copy, migrate and check`);
  }
}

/** Without a configuration too: a copy may be made on another machine. */
async function configured(context: Context): Promise<Config | null> {
  try {
    return await readConfig(context);
  } catch (error) {
    if (isError(error, 'config')) return null;
    throw error;
  }
}

async function copy(
  context: Context,
  { from, to }: { readonly from: string; readonly to: string },
  options: DbOptions,
): Promise<ExitCode> {
  const { io, cwd, clock } = context;
  const config = await configured(context);
  const named = { cwd, passwordFile: options.passwordFile ?? null, configured: config?.database ?? null };
  const source = await placeNamed({ ...named, text: from });
  const target = await placeNamed({ ...named, text: to });
  if (!(await confirmed(context, `Copy the catalog of ${placeName(source)} into ${placeName(target)}?`)))
    return exit.failure;
  const said = new Map<string, number>();
  const sums = await copyDatabase(source, target, {
    now: clock.now(),
    copied: (name, rows) => {
      // A line for each hundred thousand rows, and for the first part of a table.
      const step = Math.floor(rows / 100_000);
      if (options.quiet === true || said.get(name) === step) return;
      said.set(name, step);
      io.err(`${name}: ${countOf(rows, 'row')}`);
    },
  });
  const tables = [...sums].map(([name, { rows, digest }]) => ({ name, rows, digest }));
  if (options.json === true)
    printJson(io, 'db-copy', { from: placeName(source), to: placeName(target), tables });
  else
    io.out(
      `copied ${countOf(
        tables.reduce((sum, { rows }) => sum + rows, 0),
        'row',
      )} of ${countOf(tables.length, 'table')}; counts and digests agree. Set \`database:\` to the new one before anything runs again`,
    );
  return exit.ok;
}

async function migrate(context: Context): Promise<ExitCode> {
  const { database } = await readConfig(context);
  const place = await placeOf(database);
  if (place.type === 'sqlite') await prepareDirectories({ database });
  await migrateDatabase(place, true);
  if (context.options.json === true)
    printJson(context.io, 'db-migrate', { database: databaseName(database) });
  else context.io.out(`${databaseName(database)} is up to date`);
  return exit.ok;
}

/** Opens it as a run would, which refuses what may lose records, and counts. */
async function check(context: Context): Promise<ExitCode> {
  const { database } = await readConfig(context);
  const place = await placeOf(database);
  await migrateDatabase(place, false);
  const rows = [...(await countTables(place))];
  if (context.options.json === true) {
    const tables = rows.map(([name, n]) => ({ name, rows: n }));
    printJson(context.io, 'db-check', { database: databaseName(database), tables });
    return exit.ok;
  }
  context.io.out(`${databaseName(database)} is sound, and keeps what it acknowledged`);
  const lines = table(
    [{ title: 'TABLE' }, { title: 'ROWS', align: 'right' }],
    rows.filter(([, n]) => n > 0).map(([name, n]) => [name, count(n)]),
  );
  for (const line of lines) context.io.out(line);
  return exit.ok;
}

function usage(fact: string): MothballError {
  return new MothballError({ fact, notDone: 'nothing was done' }, { code: 'usage' });
}
