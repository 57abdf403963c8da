import { accountMatches, roleOf } from '../domain/glob.ts';
import type { Policy } from '../domain/policy.ts';
import type { Config } from './config.ts';
import { isLoopback } from './loopback.ts';

const mirrors = ['all', 'flagged', 'important'];

/** What is allowed but looks wrong. */
export function warningsOf(config: Omit<Config, 'warnings'>): readonly string[] {
  const names = config.accounts.map((account) => account.account);
  const covers = (patterns: Policy['accounts']): boolean =>
    names.some((name) => accountMatches(patterns, name));
  return [
    ...[...config.servers.values()]
      .filter((server) => server.tls === 'none' && !isLoopback(server.host))
      .map((server) => `server "${server.name}": insecure: true sends passwords and mail in the clear`),
    ...insecureReports(config),
    ...config.policies.flatMap((policy) => policyWarnings(policy, covers(policy.accounts))),
    ...config.policies.flatMap((policy) => overrideWarnings(policy, names)),
    ...config.holds
      .filter((hold) => !covers(hold.accounts))
      .map((hold) => `hold "${hold.name}": its account patterns match no account, so it holds nothing`),
  ];
}

/** Overrides of accounts that the policy does not cover, or that don't exist. */
function overrideWarnings(
  { name, accounts, overrides = [] }: Policy,
  known: readonly string[],
): readonly string[] {
  const covered = known.filter((one) => accountMatches(accounts, one));
  return overrides
    .filter((one) => !covered.some((account) => accountMatches(one.accounts, account)))
    .map(
      (one) =>
        `policy "${name}": its override for ${one.accounts.include.join(', ')} matches none of its accounts, so it decides about no mail${one.retain === null ? '' : ', only about archives that are there'}`,
    );
}

function insecureReports({ reports }: Pick<Config, 'reports'>): readonly string[] {
  const mail = reports?.mail ?? null;
  return mail === null || mail.tls !== 'none' || isLoopback(mail.host)
    ? []
    : ['reports: insecure: true sends the report, and a password, in the clear'];
}

function policyWarnings(policy: Policy, covers: boolean): readonly string[] {
  const mirrored = policy.folders.include.filter((pattern) => mirrors.includes(roleOf(pattern) ?? ''));
  const found: string[] = [];
  if (!covers) found.push('its account patterns match no account, so it does nothing');
  if (mirrored.length > 0)
    found.push(`${mirrored.join(', ')} only mirrors other folders and is never touched`);
  if (policy.mode === 'enforce' && policy.delete !== null && policy.limits.maxPercent > 90) {
    found.push(
      `limits.maxPercent ${policy.limits.maxPercent} lets one run delete nearly everything in its folders`,
    );
  }
  return found.map((text) => `policy "${policy.name}": ${text}`);
}
