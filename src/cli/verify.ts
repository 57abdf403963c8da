import { randomInt } from 'node:crypto';
import { verify } from '../archive/verify.ts';
import type { App } from '../compose.ts';
import type { AccountRef } from '../domain/account.ts';
import { shortId } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { errorMessage, isError, MothballError } from '../errors.ts';
import { requirePlausibleClock } from '../preflight/clock-check.ts';
import type { ArchiveRecord, QuarantinedUid } from '../ports/records.ts';
import { oneArchive } from '../read/wanted.ts';
import { neverCaught } from '../work/isolate.ts';
import { auditOf } from './audit.ts';
import { type CommonOptions, type Context, printJson, selectAccounts, withApp } from './context.ts';
import { exit, type ExitCode, strongest } from './exit-code.ts';

interface Verdict {
  readonly id: string;
  readonly store: string;
  readonly messages: number;
  readonly result: 'verified' | 'quarantined' | 'unreadable';
  readonly reason: string | null;
}

/**
 * Reads archives back through the restore code, and marks a good one as verified, a bad one as
 * quarantined. With --lift-quarantine it reads only quarantined archives, and releases quarantined
 * messages, so that the next run tries to archive them again.
 */
export async function verifyCommand(
  context: Context,
  ids: readonly string[],
  options: CommonOptions & { readonly sample?: string; readonly liftQuarantine?: boolean },
): Promise<ExitCode> {
  const percent = sampleOf(options.sample);
  const lifts = options.liftQuarantine === true;
  return withApp(context, 'existing', async (app) => {
    const { io } = context;
    await requirePlausibleClock(app, 'nothing was verified');
    const accounts = options.account === undefined ? {} : { accounts: selectAccounts(app.config, context) };
    const listed =
      ids.length > 0
        ? await Promise.all(ids.map((id) => oneArchive(app.catalog, id)))
        : await app.catalog.archives({
            ...accounts,
            states: lifts ? ['quarantined'] : ['sealed', 'verified', 'quarantined'],
          });
    const records = sample(listed, percent);
    const verdicts: Verdict[] = [];
    app.progress.begin('verifying', {
      messages: records.reduce((sum, record) => sum + record.messages, 0),
      bytes: 0,
    });
    for (const record of records) {
      app.signal.throwIfAborted();
      const policy = app.config.policies.find((candidate) => candidate.name === record.policy);
      const { id, store, messages } = record;
      try {
        // An empty mount point must not count as a lost archive.
        await app.gate.recognise(app.gate.find(store));
        const good = await verify(app, record, policy?.delete != null);
        const reason = good ? null : ((await app.catalog.archive(id))?.stateReason ?? null);
        verdicts.push({ id, store, messages, result: good ? 'verified' : 'quarantined', reason });
      } catch (error) {
        if (isError(error, ...neverCaught)) throw error;
        verdicts.push({ id, store, messages, result: 'unreadable', reason: errorMessage(error) });
      }
      app.progress.advance(messages, 0);
    }
    app.progress.end();
    const bad = verdicts.filter((verdict) => verdict.result !== 'verified');
    const lifted = lifts && ids.length === 0 ? await liftMessages(app, accounts.accounts) : [];
    if (options.json === true) printJson(io, 'verify', { archives: verdicts, ...(lifts ? { lifted } : {}) });
    else {
      if (lifts) io.out(`${countOf(lifted.length, 'message')} may be archived again by the next run`);
      for (const { id, store, result, reason } of bad)
        io.out(io.style('red', `${shortId(id)} in ${store}: ${result}: ${printable(reason ?? '')}`));
      io.out(
        `${count(verdicts.length - bad.length)} of ${countOf(verdicts.length, 'archive')} read back exactly as written`,
      );
    }
    return strongest(bad.map(({ result }) => (result === 'quarantined' ? exit.verification : exit.failure)));
  });
}

/** The server may do better now; a message that fails again is quarantined again. */
async function liftMessages(app: App, accounts?: readonly AccountRef[]): Promise<readonly QuarantinedUid[]> {
  const entries = await app.catalog.quarantineList(accounts);
  for (const { account, folder, uid, reason } of entries) {
    const detail = `"${folder}" UID ${uid}: ${reason}`;
    await app.catalog.addAudit(auditOf(app.clock, 'lift-quarantine', account, detail));
  }
  await app.catalog.liftQuarantine(entries);
  return entries;
}

function sampleOf(text: string | undefined): number {
  if (text === undefined) return 100;
  const percent = /^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1];
  const value = Number(percent);
  if (percent !== undefined && value > 0 && value <= 100) return value;
  throw new MothballError({ fact: `--sample takes a percentage like 5%, not "${text}"` }, { code: 'usage' });
}

/** A random part, at least one archive where there are any. */
function sample(records: readonly ArchiveRecord[], percent: number): readonly ArchiveRecord[] {
  if (percent >= 100) return records;
  const pool = [...records];
  const wanted = Math.ceil((records.length * percent) / 100);
  return Array.from({ length: wanted }, () => pool.splice(randomInt(pool.length), 1)).flat();
}
