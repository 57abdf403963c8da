import type { FolderState, Role } from '../domain/folder.ts';
import type { Uid } from '../domain/brands.ts';
import { isError } from '../errors.ts';
import type { AppendResult, MailSession, MoveResult } from '../ports/mail.ts';
import { appendMessage, isBareRefusal } from './append.ts';
import { createFolder } from './create-folder.ts';
import { addLabels } from './gmail.ts';
import { ReadingSession } from './reading-session.ts';
import { expunge, move } from './remove.ts';
import { folderReadOnly, unsupported } from './session-errors.ts';
import { fence, markDeleted, unmarkDeleted } from './store-flags.ts';

/** MailSession over one connection: what may change mail. */
export class ImapSession extends ReadingSession implements MailSession {
  async select(path: string): Promise<FolderState> {
    return this.openFolder(path, 'SELECT');
  }

  async markDeleted(uids: readonly Uid[], unchangedSince: bigint | null): Promise<readonly Uid[]> {
    this.#needWritable('STORE');
    if (unchangedSince !== null && !this.capabilities.condstore)
      throw unsupported(this.wire.who, 'CONDSTORE');
    return markDeleted(this.wire, uids, unchangedSince);
  }

  async unmarkDeleted(uids: readonly Uid[]): Promise<void> {
    this.#needWritable('STORE');
    return unmarkDeleted(this.wire, uids);
  }

  async fence(uids: readonly Uid[], unchangedSince: bigint | null): Promise<readonly Uid[]> {
    this.#needWritable('STORE');
    if (unchangedSince !== null && !this.capabilities.condstore)
      throw unsupported(this.wire.who, 'CONDSTORE');
    return fence(this.wire, uids, unchangedSince);
  }

  async expunge(uids: readonly Uid[]): Promise<void> {
    this.#needWritable('EXPUNGE');
    if (!this.capabilities.uidplus) throw unsupported(this.wire.who, 'UIDPLUS');
    return expunge(this.wire, uids);
  }

  async move(uids: readonly Uid[], target: string): Promise<MoveResult> {
    this.#needWritable('MOVE');
    if (!this.capabilities.move) throw unsupported(this.wire.who, 'MOVE');
    return move(this.wire, uids, target);
  }

  async addLabels(uids: readonly Uid[], labels: readonly string[]): Promise<void> {
    this.#needWritable('STORE');
    if (!this.capabilities.gmail) throw unsupported(this.wire.who, 'X-GM-EXT-1');
    return addLabels(this.wire, uids, labels);
  }

  async append(
    path: string,
    message: Uint8Array,
    flags: readonly string[],
    internalDate: Date | null,
  ): Promise<AppendResult> {
    const put = (): Promise<AppendResult> =>
      appendMessage(this.wire, this.capabilities, { path, message, flags, internalDate });
    try {
      return await put();
    } catch (error) {
      if (this.examined !== path || !isBareRefusal(error)) throw error;
      if (!(await this.#openForAppend(path))) throw error;
    }
    return put();
  }

  /** Courier takes no mail for a folder that is examined. Here it stays read-only. */
  async #openForAppend(path: string): Promise<boolean> {
    const wasOpen = this.selected !== null;
    try {
      const state = await this.openFolder(path, 'SELECT');
      this.selected = wasOpen ? { ...state, readOnly: true } : null;
      return true;
    } catch (error) {
      // Its reason is not why the message was refused.
      if (isError(error, 'protocol', 'missing', 'unsupported')) return false;
      throw error;
    }
  }

  async createFolder(path: string, use: Role | null = null): Promise<void> {
    return createFolder(this.wire, this.capabilities, path, use);
  }

  #needWritable(command: string): void {
    if (this.needFolder(command).readOnly) throw folderReadOnly(this.wire.who, command);
  }
}
