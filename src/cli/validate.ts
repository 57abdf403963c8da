import { describeMatch } from '../domain/describe-match.ts';
import { printJson, readConfig, type CommonOptions, type Context } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { countOf } from './table.ts';
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
  const stores = flags.stores === true || flags.identity !== undefined;
  const policies = config.policies.map((policy) => ({
    name: policy.name,
    mode: policy.mode,
    schedule: policy.schedule,
    match: describeMatch(policy.match),
    deletes: policy.delete !== null,
  }));
  const document = {
    file: config.file,
    accounts: config.accounts.length,
    policies,
    holds: config.holds.length,
    warnings: config.warnings,
  };
  if (options.json === true) {
    if (stores) return validateStores(context, document);
    printJson(io, 'validate', document);
    return exit.ok;
  }
  for (const warning of config.warnings) io.err(`${io.style('yellow', 'warning:', 'stderr')} ${warning}`);
  io.out(
    `${config.file} is valid: ${countOf(config.accounts.length, 'account')}, ${countOf(policies.length, 'policy', 'policies')}, ${countOf(config.holds.length, 'hold')}`,
  );
  for (const policy of policies) {
    const action = policy.deletes ? 'archives, verifies, deletes' : 'archives only';
    const mode = policy.mode === 'plan' ? 'plan mode, reports only' : `enforced, ${action}`;
    io.out(`  ${policy.name}: ${mode}: ${policy.match}`);
  }
  if (stores) return validateStores({ ...context, options: { ...options, quiet: true } }, document);
  return exit.ok;
}
