import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type App, compose, prepareDirectories } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { findConfig, loadConfig } from '../config/load.ts';
import { document } from '../documents/document.ts';
import type { AccountRef } from '../domain/account.ts';
import { accountMatches } from '../domain/glob.ts';
import { printable } from '../domain/printable.ts';
import { nearest } from '../domain/suggest.ts';
import { MothballError } from '../errors.ts';
import type { Invocation } from './invocation.ts';
import { progressOn } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** Options that every command understands. */
export interface CommonOptions {
  readonly config?: string;
  readonly account?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly yes?: boolean;
  /** False: `--no-color`. */
  readonly color?: boolean;
  /** The time zone of `--tz`, as it was written. */
  readonly tz?: string;
  /** Of the commands that work on several accounts at a time. */
  readonly accountConcurrency?: string;
  /** File with the age identities, of the commands that read archives. */
  readonly identity?: string;
}

export interface Context extends Invocation {
  readonly options: CommonOptions;
  /** The time zone that times are shown in to a person. JSON and CSV are UTC. */
  readonly zone: string;
}

export async function readConfig(context: Context): Promise<Config> {
  return loadConfig(configPath(context), context);
}

/** The file that `--config`, else MOTHBALL_CONFIG, else the working directory names; it may not exist. */
export function configPath({ options, env, cwd }: Context): string {
  return findConfig(cwd, options.config, env);
}

type DatabaseMode = 'create' | 'existing' | 'read-only';

/** For commands that only read: an older catalog is brought up to date, a missing one is not created. */
export function forReading({ database }: Pick<Config, 'database'>): DatabaseMode {
  return database.type === 'sqlite' && existsSync(database.path) ? 'existing' : 'read-only';
}

/** Builds the adapters, runs the command and closes them again. */
export async function withApp<T>(
  context: Context,
  database: DatabaseMode | ((config: Config) => DatabaseMode),
  body: (app: App) => Promise<T>,
): Promise<T> {
  const { io, options, signal, clock, cwd } = context;
  const config = await readConfig(context);
  if (options.quiet !== true) for (const warning of config.warnings) io.err(`warning: ${printable(warning)}`);
  const mode = typeof database === 'string' ? database : database(config);
  if (mode === 'create') await prepareDirectories(config);
  const progress = progressOn(io, clock, options.quiet === true);
  await using app = await compose(config, {
    database: mode,
    progress,
    signal,
    clock,
    identity: options.identity === undefined ? null : resolve(cwd, options.identity),
  });
  return await body(app);
}

/** The accounts that `--account` selects: all without it. @throws `usage` when it matches none. */
export function selectAccounts(config: Config, { options }: Context): readonly AccountRef[] {
  const refs = config.accounts.map(({ server, account }) => ({ server, account }));
  const glob = options.account;
  if (glob === undefined) return refs;
  const matching = refs.filter((ref) => accountMatches({ include: [glob], exclude: [] }, ref.account));
  if (matching.length > 0) return matching;
  const near = nearest(
    glob,
    refs.map((ref) => ref.account),
  );
  throw new MothballError(
    {
      fact: `--account "${glob}" matches no account in ${config.file}`,
      notDone: 'nothing was done',
      ...(near === null ? {} : { remedy: `Did you mean "${near}"?` }),
    },
    { code: 'usage' },
  );
}

/** One JSON document on stdout, with the name and version of its shape. */
export function printJson(io: Terminal, schema: string, body: object): void {
  io.out(jsonText(document(schema, body)));
}

/** JSON.stringify leaves C1 controls as they are, and some terminals obey them. */
export function jsonText(body: object): string {
  const text = JSON.stringify(body, null, 2);
  return text.replaceAll(/[\u007f-\u009f]/g, (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`);
}

/** Asks before mail is moved, on a terminal and without --yes. False: the person said no. */
export async function confirmed({ io, options }: Context, question: string): Promise<boolean> {
  return options.yes === true || !io.interactive || io.confirm(question);
}
