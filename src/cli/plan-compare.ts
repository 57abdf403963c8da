import { resolve } from 'node:path';
import type { App } from '../compose.ts';
import { loadOtherPolicies } from '../config/load.ts';
import { accountKey } from '../domain/account.ts';
import { bytes } from '../domain/brands.ts';
import { countOf } from '../domain/count.ts';
import type { PlannedPolicy } from '../domain/combined-plan.ts';
import type { Plan } from '../domain/plan.ts';
import { type ChangedMessage, changedTotals, type PlanChange, planChanges } from '../domain/plan-change.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import { type Context, selectAccounts } from './context.ts';
import { type AccountPolicies, byAccount } from './pick-policies.ts';
import { planAll } from './plan-all.ts';
import { showTable } from './table.ts';

/** What today's policies would do otherwise than those of another file. */
export interface Comparison {
  /** As it was given. */
  readonly file: string;
  readonly changes: readonly PlanChange[];
  /** In the other file only, and in the configuration only. */
  readonly gone: readonly string[];
  readonly fresh: readonly string[];
  /** Accounts that one of the two plans could not look at: what differs there is not known. */
  readonly unknown: number;
}

/** What was to be planned, and what could be. */
interface Planned {
  readonly selected: readonly AccountPolicies[];
  readonly plans: readonly PlannedPolicy[];
}

/**
 * Plans by the policies of another file too, and finds the difference. `names`: only these; none: all.
 * @throws ConfigError with every problem in the file.
 */
export async function compared(
  app: App,
  context: Context,
  now: Planned,
  { file, names }: { readonly file: string; readonly names: readonly string[] },
): Promise<{
  readonly comparison: Comparison;
  readonly failed: Awaited<ReturnType<typeof planAll>>['failed'];
}> {
  const all = await loadOtherPolicies(app.config, resolve(context.cwd, file));
  const others = all.filter(({ name }) => names.length === 0 || names.includes(name));
  const selected = byAccount(selectAccounts(app.config, context), others);
  const { plans, failed } = await planAll(app, context, selected);
  const unknown = new Set([...incomplete(now), ...incomplete({ selected, plans })]);
  const known = (list: readonly PlannedPolicy[]): readonly Plan[] =>
    list.flatMap(({ plan }) => (unknown.has(accountKey(plan)) ? [] : [plan]));
  const before = new Set(others.map(({ name }) => name));
  const today = app.config.policies.map(({ name }) => name);
  return {
    comparison: {
      file,
      changes: planChanges(known(plans), known(now.plans)),
      gone: [...before].filter((name) => !today.includes(name)),
      fresh: today.filter((name) => !before.has(name) && (names.length === 0 || names.includes(name))),
      unknown: unknown.size,
    },
    failed,
  };
}

/** Accounts without a plan of each of their policies. */
function incomplete({ selected, plans }: Planned): readonly string[] {
  const made = Map.groupBy(plans, ({ plan }) => accountKey(plan));
  return selected
    .filter(({ account, policies }) => (made.get(accountKey(account))?.length ?? 0) < policies.length)
    .map(({ account }) => accountKey(account));
}

/** For a person: a line for each policy, then one for each account; with `messages` each message. */
export function showComparison(
  { io }: Context,
  { file, changes, gone, fresh, unknown }: Comparison,
  { limit, messages }: { readonly limit: number | null; readonly messages: boolean },
): void {
  io.out(io.style('bold', `compared with ${printable(file)}`));
  for (const name of fresh) io.out(`  ${name}: not in it`);
  for (const name of gone) io.out(`  ${name}: only in it`);
  if (unknown > 0)
    io.out(io.style('red', `  ${countOf(unknown, 'account')} could not be read: not compared`));
  if (changes.length === 0) return io.out('  no difference');
  for (const [policy, own] of Map.groupBy(changes, (one) => one.policy))
    io.out(`  ${policy}: ${sumText(own, 'more')} more, ${sumText(own, 'fewer')} fewer`);
  const shown = changes.slice(0, limit ?? changes.length);
  const columns = [
    { title: 'ACCOUNT', least: 16 },
    { title: 'POLICY', least: 8 },
    { title: 'MORE', align: 'right' },
    { title: 'FEWER', align: 'right' },
  ] as const;
  const rows = shown.map((one) => [one.account, one.policy, amountText(one.more), amountText(one.fewer)]);
  showTable(io, columns, rows, '  ');
  if (changes.length > shown.length)
    io.out(
      `  and ${countOf(changes.length - shown.length, 'account')} more; \`--limit all\` lists all of them`,
    );
  if (messages) for (const one of shown) showMessages(io, one);
}

function showMessages(io: Context['io'], { policy, account, more, fewer }: PlanChange): void {
  io.out(io.style('bold', `${policy} on ${printable(account)}`));
  for (const [mark, list] of [
    ['+', more],
    ['-', fewer],
  ] as const)
    for (const { folder, message } of list)
      io.out(
        `  ${mark} ${printable(folder)} UID ${message.uid} ${formatBytes(message.size)}: ${printable(message.reason)}`,
      );
}

function sumText(changes: readonly PlanChange[], which: 'more' | 'fewer'): string {
  const busy = changes.map((one) => changedTotals(one[which])).filter((one) => one.messages > 0);
  const messages = busy.reduce((sum, one) => sum + one.messages, 0);
  const size = busy.reduce((sum, one) => sum + one.bytes, 0);
  return `${countOf(messages, 'message')}, ${formatBytes(bytes(size))} of ${countOf(busy.length, 'account')}`;
}

function amountText(list: readonly ChangedMessage[]): string {
  const { messages, bytes: size } = changedTotals(list);
  return messages === 0 ? '' : `${countOf(messages, 'message')} (${formatBytes(size)})`;
}

/** As `--json` shows it. */
export function comparisonJson(
  { file, changes, gone, fresh, unknown }: Comparison,
  withMessages: boolean,
): object {
  const list = (of: readonly ChangedMessage[]): object => ({
    ...changedTotals(of),
    ...(withMessages
      ? {
          list: of.map(({ folder, message }) => ({
            folder,
            uid: message.uid,
            size: message.size,
            internalDate: message.internalDate,
          })),
        }
      : {}),
  });
  return {
    file,
    onlyThere: gone,
    onlyHere: fresh,
    unknownAccounts: unknown,
    changes: changes.map(({ policy, server, account, more, fewer }) => ({
      policy,
      server,
      account,
      more: list(more),
      fewer: list(fewer),
    })),
  };
}
