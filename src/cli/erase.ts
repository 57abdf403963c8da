import type { App } from '../compose.ts';
import { archiveJson } from '../documents/archives.ts';
import type { AccountRef } from '../domain/account.ts';
import { bytes, shortId } from '../domain/brands.ts';
import { countOf } from '../domain/count.ts';
import { accountMatches } from '../domain/glob.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import { MothballError } from '../errors.ts';
import { erase, type ErasePlan, type Erasure, planErase } from '../expire/erase.ts';
import { localUser } from './audit.ts';
import { confirmed, type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

/** `expire --account NAME --reason TEXT`: a leaver, a legal request. */
export async function eraseAccount(context: Context, reason: string, dryRun: boolean): Promise<ExitCode> {
  const name = context.options.account;
  if (name === undefined || reason.trim() === '') {
    throw new MothballError(
      {
        fact: 'expire --reason erases all archives of one account and records why',
        notDone: 'nothing was erased',
        remedy: 'Name the account with --account, and give the reason',
      },
      { code: 'usage' },
    );
  }
  return withApp(context, dryRun ? 'read-only' : 'existing', async (app) => {
    const { io } = context;
    const erasure = { ...(await findAccount(app, name)), reason };
    const work = app.eraseWork(localUser());
    const planned = await planErase(work, erasure);
    if (dryRun) {
      show(context, erasure, planned, true);
      return exit.ok;
    }
    const question = `Erase ${summary(planned)} of ${printable(erasure.account.account)} on ${erasure.account.server} for good?`;
    if (planned.refusals.length === 0 && !(await confirmed(context, question))) {
      io.err('nothing was done');
      return exit.ok;
    }
    show(context, erasure, await erase(work, erasure), false);
    warnOfPolicies(context, app, erasure);
    return exit.ok;
  });
}

/** The account of exactly this name. A leaver may be in the archives only, and no longer in mothball.yaml. */
async function findAccount(app: App, name: string): Promise<Omit<Erasure, 'reason'>> {
  const archived = await app.catalog.archives();
  const found = new Map<string, AccountRef>();
  for (const { server, account } of [...app.config.accounts, ...archived]) {
    if (name === account || name === `${server}:${account}`)
      found.set(`${server}:${account}`, { server, account });
  }
  const [first, second] = found.values();
  if (first === undefined) {
    throw new MothballError(
      {
        fact: `no account in mothball.yaml or in the archives has exactly the name "${name}"`,
        notDone: 'nothing was erased',
      },
      { code: 'usage' },
    );
  }
  if (second !== undefined) {
    throw new MothballError(
      {
        fact: `several servers have an account "${name}"`,
        notDone: 'nothing was erased',
        remedy: `Choose one: --account ${[...found.keys()].join(' or --account ')}`,
      },
      { code: 'usage' },
    );
  }
  const configured = app.config.accounts.some(
    ({ server, account }) => server === first.server && account === first.account,
  );
  return { account: first, configured };
}

function summary({ archives }: ErasePlan): string {
  const messages = archives.reduce((sum, record) => sum + record.messages, 0);
  const size = formatBytes(bytes(archives.reduce((sum, record) => sum + record.bytes, 0)));
  return `${countOf(archives.length, 'archive')} with ${countOf(messages, 'message')} (${size})`;
}

function show({ io, options }: Context, erasure: Erasure, plan: ErasePlan, dryRun: boolean): void {
  const { account, reason } = erasure;
  const refusals = plan.refusals.map((refusal) => ({ id: refusal.record.id, reason: refusal.reason }));
  if (options.json === true) {
    const archives = plan.archives.map(archiveJson);
    printJson(io, 'erase', { ...account, reason, dryRun, archives, refusals });
    return;
  }
  io.out(`${printable(account.account)}: ${dryRun ? 'would erase' : 'erased'} ${summary(plan)}`);
  for (const refusal of refusals)
    io.out(`  refused: archive ${shortId(refusal.id)} is ${printable(refusal.reason)}`);
}

function warnOfPolicies({ io }: Context, app: App, { account, configured }: Erasure): void {
  const covering = app.config.policies.filter(
    (policy) => policy.mode === 'enforce' && accountMatches(policy.accounts, account.account),
  );
  if (!configured || covering.length === 0) return;
  io.err(
    `${printable(account.account)} is still covered by ${covering.map(({ name }) => name).join(', ')}: its mail that is still on the server will be archived again`,
  );
}
