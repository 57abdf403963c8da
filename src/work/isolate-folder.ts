import type { AccountRef } from '../domain/account.ts';
import { dayMs } from '../domain/dates.ts';
import type { FolderProblem } from '../domain/folder-problem.ts';
import { holdsMail } from '../domain/folder.ts';
import { isConnectionLost, type MothballError } from '../errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { MailReader } from '../ports/mail.ts';
import type { FolderRefusal } from '../ports/refusals.ts';
import type { Connection } from './connection.ts';
import { costsItself, isCatchable } from './isolate.ts';

/** Connections that one folder may end before it is skipped. */
const patience = 2;
/** Connections that may end one after another; after that the server is at fault and not its folders. */
const mostLost = 6;
/** Other folders that are tried, to show that the fault is not the server's. */
const mostWitnesses = 5;
/** The first pause after a refusal; it doubles up to a day. */
const firstPauseMs = 15 * 60 * 1000;

export interface FolderIsolationParts {
  readonly account: AccountRef;
  readonly catalog: Pick<Catalog, 'folderRefusals' | 'refuseFolder' | 'forgetRefusal'>;
  readonly connection: Connection<MailReader>;
  readonly clock: Clock;
  /** False: nothing is written, as by `plan`. */
  readonly remembers: boolean;
  /** True: a folder that was refused is not asked for again before its pause is over. */
  readonly waits: boolean;
}

/**
 * The folder level of isolation (SAFETY I8) for one account: a folder that the server refuses, or at
 * which the connection ends twice, is skipped, named once with the server's words, and remembered.
 * The next run asks for it with one EXAMINE, and forgets the refusal when it has ended.
 */
export class FolderIsolation {
  readonly #parts: FolderIsolationParts;
  readonly #problems = new Map<string, FolderProblem>();
  /** Folders that could be looked into. */
  readonly #passed = new Set<string>();
  #remembered: Map<string, FolderRefusal> | null = null;
  #lostInARow = 0;
  /** Whether any folder was answered for in this run. */
  #opened = false;

  constructor(parts: FolderIsolationParts) {
    this.#parts = parts;
  }

  /** What was skipped so far. */
  get problems(): readonly FolderProblem[] {
    return [...this.#problems.values()];
  }

  /**
   * Does a step that only looks into this folder, and may be done again. Null: it was done; else why
   * the folder was skipped. @throws `connect`, `timeout` when the server can't be reached any more.
   */
  async visit(path: string, step: (session: MailReader) => Promise<void>): Promise<FolderProblem | null> {
    const known = await this.refusal(path);
    if (known !== null) return known;
    const failure = await this.#attempt(path, step);
    if (failure !== null) return this.note(path, failure);
    if ((await this.#memory()).get(path)?.stage === 'look') await this.#forget(path);
    else this.#passed.add(path);
    return null;
  }

  /** At the end of a run: what was looked into, and failed at nothing later, is refused no longer. */
  async settle(): Promise<void> {
    for (const path of this.#passed) if (!this.#problems.has(path)) await this.#forget(path);
  }

  /** Why the folder is skipped; null: nothing is known against it. A folder that was refused before is asked for first. */
  async refusal(path: string): Promise<FolderProblem | null> {
    const known = this.#problems.get(path);
    if (known !== undefined) return known;
    const before = (await this.#memory()).get(path);
    if (before === undefined) return null;
    if (this.#parts.waits && this.#parts.clock.now() < before.next) return this.#skip(before);
    const failure = await this.#attempt(path, async (session) => void (await session.examine(path)));
    return failure === null ? null : this.note(path, failure);
  }

  /** Folders that were refused before: they are looked at by themselves. */
  async suspects(): Promise<ReadonlySet<string>> {
    return new Set([...this.#problems.keys(), ...(await this.#memory()).keys()]);
  }

  /** Records that the folder is skipped from now on. */
  async note(
    path: string,
    error: MothballError,
    stage: FolderRefusal['stage'] = 'look',
  ): Promise<FolderProblem> {
    const { account, catalog, clock, remembers } = this.#parts;
    const problem = problemOf(path, error);
    if (remembers) {
      const before = (await this.#memory()).get(path);
      const now = clock.now();
      const times = (before?.times ?? 0) + 1;
      const pause = Math.min(dayMs, firstPauseMs * 2 ** Math.min(times - 1, 20));
      const next = new Date(now.getTime() + pause);
      const { server, account: name } = account;
      const since = before?.since ?? now;
      await catalog.refuseFolder({ server, account: name, ...problem, stage, since, times, next });
    }
    return this.#skip(problem);
  }

  #skip({ path, code, words, refused }: FolderProblem): FolderProblem {
    const problem = { path, code, words, refused };
    this.#problems.set(path, problem);
    return problem;
  }

  /** The failure of a step that concerns its folder alone; null: none. */
  async #attempt(path: string, step: (session: MailReader) => Promise<void>): Promise<MothballError | null> {
    const { connection } = this.#parts;
    for (let time = 1; ; time += 1) {
      let failure: MothballError | null = null;
      // A server that can't be reached is no folder's fault: that error is thrown as it is.
      const session = await connection.session();
      try {
        await costsItself(
          () => step(session),
          (error) => void (failure = error),
        );
        this.#lostInARow = 0;
        this.#opened = true;
        return failure;
      } catch (error) {
        if (!isConnectionLost(error)) throw error;
        this.#lostInARow += 1;
        await connection.drop().catch(() => undefined);
        if (this.#lostInARow >= mostLost) throw error;
        if (time < patience) continue;
        if (await this.#anotherOpens(path)) return error;
        throw error;
      }
    }
  }

  /** Whether the server answers for another folder; else it is at fault, and not this one. */
  async #anotherOpens(path: string): Promise<boolean> {
    if (this.#opened) return true;
    const session = await this.#parts.connection.session();
    const others = (await session.folders()).filter((one) => holdsMail(one) && one.path !== path);
    for (const other of others.slice(0, mostWitnesses)) {
      try {
        await session.examine(other.path);
        this.#opened = true;
        return true;
      } catch (error) {
        if (!isCatchable(error) || isConnectionLost(error)) throw error;
      }
    }
    return false;
  }

  async #forget(path: string): Promise<void> {
    const memory = await this.#memory();
    if (!memory.delete(path) || !this.#parts.remembers) return;
    await this.#parts.catalog.forgetRefusal(this.#parts.account, path);
  }

  async #memory(): Promise<Map<string, FolderRefusal>> {
    const { account, catalog } = this.#parts;
    this.#remembered ??= new Map((await catalog.folderRefusals(account)).map((one) => [one.path, one]));
    return this.#remembered;
  }
}

/** A failure as what is wrong with a folder. */
export function problemOf(path: string, { said, code, explanation }: MothballError): FolderProblem {
  return said === null
    ? { path, code, words: explanation.fact, refused: false }
    : { path, code: said.code ?? said.status, words: said.text, refused: true };
}
