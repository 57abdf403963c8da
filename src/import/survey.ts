import { bytes, type Sha256 } from '../domain/brands.ts';
import { ImportJudge } from '../domain/import-judge.ts';
import type { Totals } from '../domain/plan.ts';
import type { Progress } from '../ports/progress.ts';
import type { AccountWork } from '../work/account-work.ts';
import { Entries, type SurveyedMessage } from './entries.ts';
import type { ImportProblem, ImportSink, ImportSource, Incoming, SourceFacts } from './incoming.ts';
import { readSource } from './source.ts';

/** Everything that a source holds, in order: digests and sizes, no mail. */
export interface Survey {
  readonly entries: Entries;
  readonly problems: readonly ImportProblem[];
  readonly facts: SourceFacts;
}

/** What a survey needs of the work on an account. */
export type SurveyWork = Pick<AccountWork, 'account' | 'catalog' | 'clock' | 'signal' | 'progress' | 'rules'>;

/**
 * Reads a source once and writes nothing, so that the import knows beforehand what is in it.
 * `tooLarge`: why a message of this size is not taken; null: it is.
 */
export async function survey(
  { clock, signal, progress }: Pick<SurveyWork, 'clock' | 'signal' | 'progress'>,
  source: ImportSource,
  tooLarge: (size: number) => string | null,
): Promise<Survey> {
  const sink = new SurveySink(progress, tooLarge);
  progress.begin(`reading ${source.path}`, { messages: 0, bytes: 0 });
  try {
    const facts = await readSource(source, clock.now(), signal, sink);
    return { entries: sink.entries, problems: sink.problems, facts };
  } finally {
    progress.end();
  }
}

class SurveySink implements ImportSink {
  readonly entries = new Entries();
  readonly problems: ImportProblem[] = [];
  readonly #progress: Progress;
  readonly #tooLarge: (size: number) => string | null;
  #large: Incoming | null = null;

  constructor(progress: Progress, tooLarge: (size: number) => string | null) {
    this.#progress = progress;
    this.#tooLarge = tooLarge;
  }

  async whole(message: Incoming, data: Uint8Array, sha256: Sha256): Promise<void> {
    this.#add(message, sha256, data.length);
  }

  async begin(message: Incoming): Promise<void> {
    this.#large = message;
  }

  async piece(): Promise<void> {}

  async end(sha256: Sha256, size: number): Promise<void> {
    if (this.#large !== null) this.#add(this.#large, sha256, size);
    this.#large = null;
  }

  async broken(): Promise<void> {
    this.#large = null;
  }

  problem(problem: ImportProblem): void {
    this.problems.push(problem);
  }

  #add({ path, number, offset, folder }: Incoming, sha256: Sha256, size: number): void {
    const reason = this.#tooLarge(size);
    if (reason === null) this.entries.add({ folder, sha256, size });
    else this.problems.push({ path, message: number, offset, reason });
    this.#progress.advance(1, size);
  }
}

/** What an import adds, or would add. */
export interface ImportTally {
  readonly imported: Totals;
  /** Messages that are there already. */
  readonly present: number;
  /** Messages with the same bytes as an earlier one in the same folder of the source. */
  readonly doubles: number;
  readonly folders: readonly (Totals & { readonly folder: string })[];
}

/** Judges all entries in order; `held` are the copies that are there already. */
export function countImport(
  entries: Iterable<SurveyedMessage>,
  held: ReadonlyMap<Sha256, number>,
): ImportTally {
  const judge = new ImportJudge(held);
  const counter = new ImportCounter();
  for (const { folder, sha256, size } of entries) counter.count(judge.judge(folder, sha256), folder, size);
  return counter.counts();
}

/** Counts verdicts, in all and by folder. */
export class ImportCounter {
  readonly #folders = new Map<string, { messages: number; bytes: number }>();
  #present = 0;
  #doubles = 0;

  count(verdict: ReturnType<ImportJudge['judge']>, folder: string, size: number): void {
    const sum = this.#folders.get(folder) ?? { messages: 0, bytes: 0 };
    this.#folders.set(folder, sum);
    switch (verdict) {
      case 'new':
        sum.messages += 1;
        sum.bytes += size;
        return;
      case 'held':
        this.#present += 1;
        return;
      case 'double':
        this.#doubles += 1;
    }
  }

  counts(): ImportTally {
    const folders = [...this.#folders].map(([folder, sum]) => ({
      folder,
      messages: sum.messages,
      bytes: bytes(sum.bytes),
    }));
    const imported = {
      messages: folders.reduce((sum, { messages }) => sum + messages, 0),
      bytes: bytes(folders.reduce((sum, one) => sum + one.bytes, 0)),
    };
    return { imported, present: this.#present, doubles: this.#doubles, folders };
  }
}
