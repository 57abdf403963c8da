import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Policy } from '../domain/policy.ts';
import { ConfigError, errorMessage, formatProblem, type Problem } from '../errors.ts';
import { listed, type ListedParts, listPath, readList } from './account-lists.ts';
import type { AccountSourceConfig } from './account-sources.ts';
import { byPlace, type Entry, fieldOf, fitting, part, shapeProblems } from './check.ts';
import type { AccountConfig, Config } from './config.ts';
import { normaliseAccounts, normaliseServers } from './normalise-server.ts';
import { checkTlsFiles, tlsFilesOf } from './normalise-http.ts';
import { normaliseSources } from './normalise-sources.ts';
import { normaliseSettings } from './normalise-settings.ts';
import { normaliseDatabase } from './normalise-database.ts';
import { normaliseSpool, normaliseStores } from './normalise-store.ts';
import { findPolicyFiles, loadPolicyFiles } from './policy-files.ts';
import { mainSchema, spoolSchema } from './schema-main.ts';
import { type AccountInput, accountSchema, type ServerInput, serverSchema } from './schema-server.ts';
import { sourceSchema } from './schema-sources.ts';
import { storeSchema } from './schema-store.ts';
import { Scope } from './scope.ts';
import type { Environment, SecretSources } from './secret-sources.ts';
import { warningsOf } from './warnings.ts';
import { readYaml } from './yaml-source.ts';

/** The file that `--config`, else MOTHBALL_CONFIG, else the working directory names; it may not exist. */
export function findConfig(cwd: string, flag: string | undefined, env: Environment): string {
  return resolve(cwd, flag ?? (env['MOTHBALL_CONFIG'] || 'mothball.yaml'));
}

/**
 * Reads mothball.yaml and the policy files it names, and checks them to the last rule: shape, then
 * defaults, then what the parts say of each other, then that every secret can be read. Secret
 * commands are not run. With `secrets: per account` the secret of an account that can't be read is a
 * warning: the others need not wait for it. @throws ConfigError with every problem found.
 */
export async function loadConfig(
  path: string,
  sources: SecretSources,
  secrets: 'all' | 'per account' = 'all',
): Promise<Config> {
  const file = resolve(path);
  const scope = new Scope(await readMain(file), dirname(file), sources);
  const raw = (key: string): unknown => fieldOf(scope.source.value, key);

  const shape = shapeProblems(mainSchema, scope.source);
  const serverEntries = fitting(serverSchema, raw('servers'));
  const servers = normaliseServers(scope, serverEntries);
  const stores = normaliseStores(scope, fitting(storeSchema, raw('stores')), raw('stores') === undefined);
  const storeNames = raw('stores') === undefined ? ['local'] : keysOf(raw('stores'));
  const encrypted = stores.filter(({ encryption }) => encryption !== null).map(({ name }) => name);
  const known = { names: storeNames, encrypted: new Set(encrypted) };
  const database = normaliseDatabase(scope, part(mainSchema.shape.database, raw('database')));
  const spool = normaliseSpool(scope, part(spoolSchema, raw('spool')), database);
  const { accounts, fromSources, ...sourced } = await readAccounts(scope, serverEntries, spool);
  const settings = normaliseSettings(scope);
  await checkTlsFiles(scope, settings.http);
  const unreadable = await scope.checkSecrets(secrets);
  const globs = part(z.array(z.string().min(1)), raw('policies')) ?? [];
  const files = await findPolicyFiles(scope, globs);
  const { policies, holds, problems, templates } = await loadPolicyFiles(files, known, scope.directory);

  const faults = [...[...shape, ...scope.problems].toSorted(byPlace), ...problems];
  if (faults.length > 0) throw new ConfigError(faults);
  const config = {
    ...settings,
    file,
    directory: scope.directory,
    sources: {
      files: [
        file,
        ...templates,
        ...scope.secretFiles(),
        ...tlsFilesOf(settings.http),
        ...servers.flatMap((server) => server.caFile ?? []),
        ...[settings.reports?.mail?.caFile ?? []].flat(),
        ...(database.type === 'postgres' ? [database.tls?.caFile ?? []].flat() : []),
        ...accounts.flatMap(certificateOf),
        ...stores.flatMap((store) => store.encryption?.file ?? []),
        ...sourced.accountSources.map(({ name }) => listPath(sourced.accountLists, name)),
      ],
      globs,
    },
    servers: new Map(servers.map((server) => [server.name, server])),
    accounts,
    ...sourced,
    stores: new Map(stores.map((store) => [store.name, store])),
    database,
    spool,
    policies,
    holds: [...holds, ...fromSources.holds],
  };
  const warnings = [...fromSources.warnings, ...unreadable.map(formatProblem), ...warningsOf(config)];
  return { ...config, warnings };
}

/** The policies of a file that the configuration does not name, such as one before an edit. @throws ConfigError */
export async function loadOtherPolicies(
  { stores, directory }: Pick<Config, 'stores' | 'directory'>,
  file: string,
): Promise<readonly Policy[]> {
  const encrypted = [...stores.values()].filter(({ encryption }) => encryption !== null);
  const known = { names: [...stores.keys()], encrypted: new Set(encrypted.map(({ name }) => name)) };
  const { policies, problems } = await loadPolicyFiles([file], known, directory);
  if (problems.length > 0) throw new ConfigError(problems);
  return policies;
}

/** The accounts that mothball.yaml lists, then those of the sources' last lists. */
async function readAccounts(scope: Scope, servers: readonly Entry<ServerInput>[], spool: Config['spool']) {
  const raw = (key: string): unknown => fieldOf(scope.source.value, key);
  const names = keysOf(raw('servers'));
  const accountSources = normaliseSources(scope, fitting(sourceSchema, raw('accountSources')), names);
  const place = part(mainSchema.shape.accountLists, raw('accountLists'));
  // By default beside the spool: that directory is one that may be written to.
  const accountLists =
    place === undefined ? join(dirname(spool.path), 'account-lists') : scope.resolve(place);
  const written = fitting(accountSchema, raw('accounts'));
  const fromSources = await readLists(accountSources, accountLists, written);
  const accounts = normaliseAccounts(scope, [...written, ...fromSources.entries], servers, names);
  return { accounts, accountSources, accountLists, fromSources };
}

/** What the last lists of all sources say. @throws ConfigError when a list was damaged */
async function readLists(
  sources: readonly AccountSourceConfig[],
  directory: string,
  written: readonly Entry<AccountInput>[],
): Promise<ListedParts> {
  const known = new Set(
    written.flatMap(({ value: { server, user, users } }) =>
      [...(users ?? []), ...(user === undefined ? [] : [user])].map((each) => JSON.stringify([server, each])),
    ),
  );
  const all: ListedParts[] = [];
  for (const source of sources) {
    try {
      all.push(listed(source, await readList(directory, source.name), known));
    } catch (error) {
      const message = `the list of account source "${source.name}" can't be read (${errorMessage(error)}): remove it, then run \`mothball accounts --refresh\``;
      throw new ConfigError([
        { file: listPath(directory, source.name), line: null, column: null, path: 'accountSources', message },
      ]);
    }
  }
  return {
    entries: all.flatMap(({ entries }) => entries),
    holds: all.flatMap(({ holds }) => holds),
    warnings: all.flatMap(({ warnings }) => warnings),
  };
}

async function readMain(file: string): ReturnType<typeof readYaml> {
  try {
    return await readYaml(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.problems.map(withAdvice));
  }
}

function withAdvice(problem: Problem): Problem {
  if (problem.line !== null || !problem.message.startsWith('there is no')) return problem;
  const advice = 'write one with `mothball init`, or name another by --config or MOTHBALL_CONFIG';
  return { ...problem, message: `${problem.message}; ${advice}` };
}

function keysOf(raw: unknown): readonly string[] {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? Object.keys(raw) : [];
}

/** A certificate is no secret, but a new one asks for a reload all the same. */
function certificateOf({ auth }: AccountConfig): readonly string[] {
  return auth.type === 'grant' && auth.config.client.kind === 'certificate'
    ? [auth.config.client.certFile]
    : [];
}
