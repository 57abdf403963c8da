import { verify } from '../archive/verify.ts';
import { maxArchiveBytes } from '../domain/batching.ts';
import { bytes } from '../domain/brands.ts';
import { DigestSet } from '../domain/digest-set.ts';
import { ImportJudge } from '../domain/import-judge.ts';
import { importMark } from '../domain/imported.ts';
import type { ArchiveRule } from '../domain/policy.ts';
import type { HeldCopies, HoldingArchive } from '../ports/copies.ts';
import { requirePlausibleClock } from '../preflight/clock-check.ts';
import { requireNotPaused } from '../preflight/pause.ts';
import type { AccountWork } from '../work/account-work.ts';
import type { LockedWork } from '../work/locked-work.ts';
import { emptySpool, requireSpoolSpace, spoolShare } from '../work/spool.ts';
import { ArchiveSink, type MadeArchive, tooLarge } from './archive-sink.ts';
import { passes } from './passes.ts';
import type { ImportProblem, ImportSource, SourceFacts } from './incoming.ts';
import { readSource } from './source.ts';
import { countImport, type ImportTally, survey, type Survey, type SurveyWork } from './survey.ts';

export interface ArchiveImportReport extends ImportTally, SourceFacts {
  /** Archives made or finished, and whether they read back as they were written. */
  readonly archives: readonly MadeArchive[];
  readonly problems: readonly ImportProblem[];
  /** Where the copies are that were there already. */
  readonly presentIn: readonly HoldingArchive[];
}

/** What importing into the archive would add. Writes nothing. `stores` are those that are configured. */
export async function planArchiveImport(
  work: AccountWork,
  source: ImportSource,
  rule: ArchiveRule,
  stores: readonly string[],
): Promise<ArchiveImportReport> {
  const limit = largestMessage(work, rule);
  const found = await survey(work, source, (size) => tooLarge(size, limit));
  const { problems, facts } = found;
  const { copies, archives: presentIn } = await heldOf(work, stores, found);
  return {
    ...countImport(found.entries, copies),
    archives: [],
    presentIn,
    problems,
    ...facts,
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
  const limit = largestMessage(work, rule);
  const found = await survey(work, source, (size) => tooLarge(size, limit));
  const { copies, archives: presentIn } = await heldOf(work, stores, found);
  const planned = countImport(found.entries, copies);
  if (planned.imported.messages === 0) {
    return { ...planned, archives: left, presentIn, problems: found.problems, ...found.facts };
  }
  await work.gate.open(rule.to);
  await emptySpool(work.spool.path);
  const encrypted = work.gate.encryption(rule.to) !== null;
  await requireSpoolSpace(work.spool.path, bytes(Math.min(limit, planned.imported.bytes)), encrypted);
  const sink = new ArchiveSink(work, rule, limit, new ImportJudge(copies));
  work.progress.begin(`${work.account.account}: importing`, planned.imported);
  try {
    let facts = found.facts;
    for (const folders of passes(source, found.entries, limit)) {
      sink.take(folders);
      facts = await readSource(source, work.clock.now(), work.signal, sink);
      await sink.seal();
    }
    const report = sink.report();
    return {
      ...report,
      archives: [...left, ...report.archives],
      presentIn,
      ...facts,
    };
  } finally {
    work.progress.end();
    await sink.abort();
  }
}

/** The largest message that is taken: an archive of it must fit in the spool. */
function largestMessage({ gate, spool }: Pick<AccountWork, 'gate' | 'spool'>, { to }: ArchiveRule): number {
  return Math.min(maxArchiveBytes, spoolShare(spool.maxBytes, gate.encryption(to) !== null));
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
): Promise<HeldCopies> {
  let wanted: DigestSet | null = null;
  const lasting = rules.policies.filter(({ retain }) => retain === null).map(({ name }) => name);
  return catalog.copiesHeld(account, stores, [importMark, ...lasting], {
    has: (digest) => (wanted ??= digestsOf(entries)).has(digest),
  });
}

function digestsOf(entries: Survey['entries']): DigestSet {
  const digests = new DigestSet();
  for (const { sha256 } of entries) digests.add(sha256);
  return digests;
}
