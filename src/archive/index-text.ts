import type { AccountRef } from '../domain/account.ts';
import { shortId } from '../domain/brands.ts';
import type { Policy } from '../domain/policy.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import type { LineText } from '../ports/texts.ts';
import { type Damaged, readArchived } from '../read/read-archive.ts';
import type { AccountWork } from '../work/account-work.ts';
import { costsItself } from '../work/isolate.ts';

/** What indexing needs. It changes no mail, so it needs no lock. */
export type Indexing = Pick<AccountWork, 'catalog' | 'codec' | 'gate' | 'clock' | 'progress' | 'signal'>;

/** How long one run may take for it; the next one continues. Milliseconds. */
const patienceMs = 10 * 60_000;
/** Texts that are recorded at once, and their UTF-16 units. */
const textsAtOnce = 200;
const mostAtOnce = 4 * 1024 * 1024;

/**
 * Indexes what is written in archives of these policies that were verified and are not indexed yet. An
 * extra, after everything else: what fails here is noted, and fails nothing.
 */
export async function indexTexts(
  work: Indexing & { readonly account: AccountRef },
  policies: readonly Policy[],
): Promise<void> {
  const names = new Set(policies.filter(({ indexText }) => indexText === true).map(({ name }) => name));
  if (names.size === 0) return;
  const until = new Date(work.clock.now().getTime() + patienceMs);
  for (const record of await work.catalog.textWanted(work.account))
    if (names.has(record.policy) && !(await indexArchive(work, record, until))) return;
}

/** Indexes one archive, or what is not indexed of it yet. False: time is up, or the run ends. */
export async function indexArchive(
  work: Indexing,
  record: ArchiveRecord,
  until: Date | null,
): Promise<boolean> {
  let complete = true;
  await costsItself(
    async () => {
      complete = await indexLines(work, record, until);
    },
    ({ message }) => noted(work, record, message),
  );
  return complete;
}

async function indexLines(work: Indexing, record: ArchiveRecord, until: Date | null): Promise<boolean> {
  const { catalog, codec, gate, clock, signal } = work;
  const lines = await catalog.linesWithoutText(record.id);
  const faults: Damaged[] = [];
  const reader = { catalog, codec, store: (name: string) => gate.find(name), reading: null };
  const isOver = (): boolean => signal.aborted || (until !== null && clock.now() >= until);
  let texts: LineText[] = [];
  let length = 0;
  if (isOver()) return false;
  for await (const { line, data } of readArchived(reader, [{ record, lines }], (fault) =>
    faults.push(fault),
  )) {
    const text = await codec.text(data);
    texts.push({ line, ...text });
    length += text.body.length;
    if (isOver()) break;
    if (texts.length < textsAtOnce && length < mostAtOnce) continue;
    await catalog.addTexts(record.id, texts);
    texts = [];
    length = 0;
  }
  await catalog.addTexts(record.id, texts);
  const [fault] = faults;
  // Nothing of it was read: a store that is away now may be back for the next run.
  if (fault?.line === null) noted(work, record, fault.reason);
  else if (fault !== undefined) {
    noted(work, record, fault.reason);
    await catalog.setTextState(record.id, 'failed');
  } else if ((await catalog.linesWithoutText(record.id)).length === 0)
    await catalog.setTextState(record.id, 'indexed');
  return !isOver();
}

function noted({ progress }: Indexing, record: ArchiveRecord, reason: string): void {
  progress.note(
    `the text of archive ${shortId(record.id)} in store ${record.store} is not indexed: ${reason}`,
  );
}
