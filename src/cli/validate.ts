import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { countOf } from '../domain/count.ts';
import { describeMatch } from '../domain/describe-match.ts';
import { printable } from '../domain/printable.ts';
import { isError } from '../errors.ts';
import { type CommonOptions, type Context, printJson, readConfig, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { renamedWarnings } from './renamed.ts';
import { validateStores } from './validate-stores.ts';

interface ValidateFlags extends CommonOptions {
  readonly stores?: boolean;
}

/** Exit 2 with every problem, or a short account of what the configuration says. */
export async function validate(
  context: Context,
  _args: readonly string[],
  flags: ValidateFlags,
): Promise<ExitCode> {
  const { io, options } = context;
  const config = await readConfig(context);
  const warnings = [...config.warnings, ...(await warningsOfCatalog(context, config))];
  const stores = flags.stores === true || flags.identity !== undefined;
  const policies = config.policies.map((policy) => ({
    name: policy.name,
    mode: policy.mode,
    schedule: policy.schedule,
    match: describeMatch(policy.match),
    deletes: policy.delete !== null,
    overrides: policy.overrides?.length ?? 0,
  }));
  const document = {
    file: config.file,
    accounts: config.accounts.length,
    policies,
    holds: config.holds.length,
    warnings,
  };
  if (options.json === true) {
    if (stores) return validateStores(context, document);
    printJson(io, 'validate', document);
    return exit.ok;
  }
  for (const warning of warnings) io.err(`${io.style('yellow', 'warning:', 'stderr')} ${printable(warning)}`);
  io.out(
    `${config.file} is valid: ${countOf(config.accounts.length, 'account')}, ${countOf(policies.length, 'policy', 'policies')}, ${countOf(config.holds.length, 'hold')}`,
  );
  for (const policy of policies) {
    const action = policy.deletes ? 'archives, verifies, deletes' : 'archives only';
    const mode = policy.mode === 'plan' ? 'plan mode, reports only' : `enforced, ${action}`;
    const apart = policy.overrides === 0 ? '' : `; ${countOf(policy.overrides, 'override')}`;
    io.out(`  ${policy.name}: ${mode}: ${policy.match}${apart}`);
  }
  if (stores) return validateStores({ ...context, options: { ...options, quiet: true } }, document);
  return exit.ok;
}

/** What the catalog knows and the configuration does not. Without a catalog, nothing. */
async function warningsOfCatalog(context: Context, config: Config): Promise<readonly string[]> {
  const { database, accounts, servers } = config;
  if (database.type === 'sqlite' && !existsSync(database.path)) return [];
  const quiet = { ...context, options: { ...context.options, quiet: true } };
  try {
    return await withApp(quiet, 'read-only', async ({ catalog }) =>
      renamedWarnings(await catalog.archivedAccounts(), accounts, new Set(servers.keys())),
    );
  } catch (error) {
    if (!isError(error, 'database')) throw error;
    return [`names could not be compared with the catalog: ${error.message}`];
  }
}
