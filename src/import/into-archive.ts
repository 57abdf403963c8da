import { verify } from '../archive/verify.ts';
import { maxArchiveBytes } from '../domain/batching.ts';
import { bytes, type Sha256 } from '../domain/brands.ts';
import { ImportJudge } from '../domain/import-judge.ts';
import { importMark } from '../domain/imported.ts';
import type { ArchiveRule } from '../domain/policy.ts';
import { requirePlausibleClock } from '../preflight/clock-check.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import type { AccountWork } from '../work/account-work.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { emptySpool, requireSpoolSpace, spoolShare } from '../work/spool.ts';
import { ArchiveSink, type MadeArchive } from './archive-sink.ts';
import { type ImportProblem, type ImportSource, readSource } from './source.ts';
import { countImport, type ImportTally, survey, type Survey } from './survey.ts';

export interface ArchiveImportReport extends ImportTally {
  /** Archives made or finished, and whether they read back as they were written. */
  readonly archives: readonly MadeArchive[];
  readonly problems: readonly ImportProblem[];
  readonly otherFiles: number;
}

type SurveyWork = Pick<AccountWork, 'account' | 'catalog' | 'clock' | 'signal' | 'progress' | 'rules'>;

/** What importing into the archive would add. Writes nothing. `stores` are those that are configured. */
export async function planArchiveImport(
  work: SurveyWork,
  source: ImportSource,
  stores: readonly string[],
): Promise<ArchiveImportReport> {
  const found = await survey(source, work.clock.now(), work.signal, work.progress);
  const { problems, otherFiles } = found;
  return {
    ...countImport(found.entries, await heldOf(work, stores, found)),
    archives: [],
    problems,
    otherFiles,
  };
}

/**
 * Puts mail from files into archives of one account, sealed and verified like any other, but under
 * an identity that nothing on a server can have: nothing is ever deleted because of them. No batch is
 * recorded: after a crash the same import makes the same archive again and adopts what is stored there.
 */
export async function importIntoArchive(
  work: LockedWork,
  source: ImportSource,
  rule: ArchiveRule,
  stores: readonly string[],
): Promise<ArchiveImportReport> {
  await requireNotPaused(work.catalog);
  await requirePlausibleClock(work, 'nothing was imported');
  const left = await verifyLeft(work, stores);
  const now = work.clock.now();
  const found = await survey(source, now, work.signal, work.progress);
  const held = await heldOf(work, stores, found);
  const planned = countImport(found.entries, held);
  if (planned.imported.messages === 0) {
    const { problems, otherFiles } = found;
    return { ...planned, archives: left, problems, otherFiles };
  }
  await work.gate.open(rule.to);
  await emptySpool(work.spool.path);
  const encrypted = work.gate.encryption(rule.to) !== null;
  const limit = Math.min(maxArchiveBytes, spoolShare(work.spool.maxBytes, encrypted));
  await requireSpoolSpace(work.spool.path, bytes(Math.min(limit, planned.imported.bytes)), encrypted);
  const sink = new ArchiveSink(work, rule, limit, new ImportJudge(held));
  work.progress.begin(`${work.account.account}: importing`, planned.imported);
  try {
    const { otherFiles } = await readSource(source, now, work.signal, sink);
    await sink.seal();
    const report = sink.report();
    return { ...report, archives: [...left, ...report.archives], otherFiles };
  } finally {
    work.progress.end();
    await sink.abort();
  }
}

/**
 * Verifies what an interrupted import sealed and never read back: a damaged archive must not count
 * as a copy.
 */
async function verifyLeft(work: LockedWork, stores: readonly string[]): Promise<readonly MadeArchive[]> {
  const filter = { accounts: [work.account], policy: importMark, states: ['sealed'] as const };
  const done: MadeArchive[] = [];
  for (const record of await work.catalog.archives(filter)) {
    if (!stores.includes(record.store)) continue;
    work.signal.throwIfAborted();
    await work.gate.open(record.store);
    done.push({ id: record.id, verified: await verify(work, record, false) });
  }
  return done;
}

/** Copies that count: verified, and in archives that no policy expires. */
function heldOf(
  { catalog, account, rules }: SurveyWork,
  stores: readonly string[],
  { entries }: Survey,
): Promise<ReadonlyMap<Sha256, number>> {
  const lasting = rules.policies.filter(({ retain }) => retain === null).map(({ name }) => name);
  return catalog.copiesHeld(
    account,
    stores,
    [importMark, ...lasting],
    new Set(entries.map(({ sha256 }) => sha256)),
  );
}
