import type { Bytes, Sha256, Uid } from '../domain/brands.ts';
import type { Folder, FolderSize, FolderState, Role } from '../domain/folder.ts';
import type { MessageMeta } from '../domain/message.ts';
import type { SearchTerm } from '../domain/narrow.ts';
import type { Oddity } from '../domain/oddity.ts';
import type { ChosenProfile } from '../domain/profiles.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import { isError } from '../errors.ts';
import type { AppendResult, BodyEvent, FetchMetaOptions, MailSession, MoveResult } from '../ports/mail.ts';
import { appendMessage, isBareRefusal } from './append.ts';
import type { ServerFeatures } from './capabilities.ts';
import { createFolder } from './create-folder.ts';
import { fetchBodies } from './fetch-bodies.ts';
import { fetchMeta } from './fetch-meta.ts';
import { statusSize, summedSize } from './folder-size.ts';
import { listFolders } from './folders.ts';
import { fetchHeaderDigests } from './header-digests.ts';
import { addLabels } from './gmail.ts';
import { identified } from './identify.ts';
import type { Pace } from './pace.ts';
import { readQuota } from './quota.ts';
import { expunge, move } from './remove.ts';
import { folderReadOnly, noFolder, unsupported } from './session-errors.ts';
import type { SessionOptions, SessionServer } from './session-parts.ts';
import { Search } from './search.ts';
import { type ConfiguredQuota, withConfiguredQuota } from './summed-quota.ts';
import { selectFolder } from './select.ts';
import { fence, markDeleted, unmarkDeleted } from './store-flags.ts';
import type { Wire } from './wire.ts';

/** A server may log out a client that is silent for 30 minutes (RFC 9051 §5.4), and many do earlier. */
const keepAliveMs = 120_000;
const logoutMs = 2_000;
const mostOddities = 1000;

/** MailSession over one connection. Each command's rules are in the file of its name. */
export class ImapSession implements MailSession {
  readonly capabilities: ServerFeatures;
  readonly profile: ChosenProfile;
  readonly #wire: Wire;
  readonly #pace: Pace | null;
  readonly #limit: ConfiguredQuota | null;
  readonly #keepAlive: NodeJS.Timeout;
  readonly #oddities = new Map<string, Oddity>();
  readonly #search: Search;
  #selected: FolderState | null = null;
  /** Folder that the server has open by EXAMINE, also where none counts as selected here. */
  #examined: string | null = null;

  constructor(
    wire: Wire,
    { features, profile }: SessionServer,
    { pace = null, quota = null }: SessionOptions = {},
  ) {
    this.#wire = wire;
    this.#pace = pace;
    this.#limit = quota;
    this.capabilities = features;
    this.profile = profile;
    this.#search = new Search(wire, features, this.#report);
    this.#keepAlive = setInterval(() => {
      // A failure shows at the next command, which then says what it could not do.
      if (wire.idleMs >= keepAliveMs) wire.run('NOOP').catch(() => undefined);
    }, keepAliveMs / 2);
    this.#keepAlive.unref();
  }

  get traffic(): MailSession['traffic'] {
    return this.#wire.traffic;
  }

  get oddities(): readonly Oddity[] {
    return [...this.#oddities.values()];
  }

  readonly #report = (oddity: Oddity): void => {
    // A server that is odd without end is not reported without end.
    if (this.#oddities.size < mostOddities) this.#oddities.set(oddity.about, oddity);
  };

  async folders(): Promise<readonly Folder[]> {
    return listFolders(this.#wire, this.capabilities, this.#report);
  }

  async quota(paths: readonly string[]): Promise<readonly QuotaRoot[] | null> {
    const roots = this.capabilities.quota ? await readQuota(this.#wire, paths, this.#report) : null;
    if (this.#limit === null) return roots;
    const parts = { quota: this.#limit, folders: () => this.folders(), report: this.#report };
    return withConfiguredQuota(this.#wire, roots, paths, parts);
  }

  /** Without STATUS=SIZE the folder is examined, and no folder is selected afterwards. */
  async size(path: string): Promise<FolderSize> {
    if (this.capabilities.statusSize) {
      try {
        return await statusSize(this.#wire, path);
      } catch (error) {
        // A server may refuse STATUS of a folder that it opens all the same.
        if (!isError(error, 'protocol')) throw error;
      }
    }
    const { messages } = await this.examine(path);
    this.#selected = null;
    return summedSize(this.#wire, await this.#search.all(messages));
  }

  async examine(path: string): Promise<FolderState> {
    return this.#open(path, 'EXAMINE');
  }

  async select(path: string): Promise<FolderState> {
    return this.#open(path, 'SELECT');
  }

  async #open(path: string, command: 'SELECT' | 'EXAMINE'): Promise<FolderState> {
    // A SELECT that fails leaves no folder selected (RFC 9051 §6.3.2).
    this.#selected = null;
    this.#examined = null;
    this.#selected = await identified(this.#wire, () =>
      selectFolder(this.#wire, this.capabilities, path, command),
    );
    if (command === 'EXAMINE') this.#examined = path;
    return this.#selected;
  }

  async search(terms: readonly SearchTerm[]): Promise<readonly Uid[]> {
    const { messages } = this.#needFolder('SEARCH');
    return this.#search.uids(terms, messages);
  }

  async checkSearch(): Promise<void> {
    const { messages } = this.#needFolder('SEARCH');
    if (messages > 0) await this.#search.isHonest(messages);
  }

  fetchMeta(uids: readonly Uid[], options: FetchMetaOptions = {}): AsyncIterable<MessageMeta> {
    const folder = this.#needFolder('FETCH');
    const { capabilities: features } = this;
    return fetchMeta(
      { wire: this.#wire, features, folder: folder.path, report: this.#report },
      uids,
      options,
    );
  }

  async fetchBodies(
    messages: readonly { readonly uid: Uid; readonly size: Bytes }[],
    sink: (event: BodyEvent) => Promise<void> | void,
  ): Promise<void> {
    this.#needFolder('FETCH');
    return fetchBodies(this.#wire, messages, sink, this.#pace);
  }

  async headerDigests(uids: readonly Uid[]): Promise<ReadonlyMap<Uid, Sha256>> {
    this.#needFolder('FETCH');
    return fetchHeaderDigests(this.#wire, uids);
  }

  async markDeleted(uids: readonly Uid[], unchangedSince: bigint | null): Promise<readonly Uid[]> {
    this.#needWritable('STORE');
    if (unchangedSince !== null && !this.capabilities.condstore)
      throw unsupported(this.#wire.who, 'CONDSTORE');
    return markDeleted(this.#wire, uids, unchangedSince);
  }

  async unmarkDeleted(uids: readonly Uid[]): Promise<void> {
    this.#needWritable('STORE');
    return unmarkDeleted(this.#wire, uids);
  }

  async fence(uids: readonly Uid[], unchangedSince: bigint | null): Promise<readonly Uid[]> {
    this.#needWritable('STORE');
    if (unchangedSince !== null && !this.capabilities.condstore)
      throw unsupported(this.#wire.who, 'CONDSTORE');
    return fence(this.#wire, uids, unchangedSince);
  }

  async expunge(uids: readonly Uid[]): Promise<void> {
    this.#needWritable('EXPUNGE');
    if (!this.capabilities.uidplus) throw unsupported(this.#wire.who, 'UIDPLUS');
    return expunge(this.#wire, uids);
  }

  async move(uids: readonly Uid[], target: string): Promise<MoveResult> {
    this.#needWritable('MOVE');
    if (!this.capabilities.move) throw unsupported(this.#wire.who, 'MOVE');
    return move(this.#wire, uids, target);
  }

  async addLabels(uids: readonly Uid[], labels: readonly string[]): Promise<void> {
    this.#needWritable('STORE');
    if (!this.capabilities.gmail) throw unsupported(this.#wire.who, 'X-GM-EXT-1');
    return addLabels(this.#wire, uids, labels);
  }

  async append(
    path: string,
    message: Uint8Array,
    flags: readonly string[],
    internalDate: Date | null,
  ): Promise<AppendResult> {
    const put = (): Promise<AppendResult> =>
      appendMessage(this.#wire, this.capabilities, { path, message, flags, internalDate });
    try {
      return await put();
    } catch (error) {
      if (this.#examined !== path || !isBareRefusal(error)) throw error;
      if (!(await this.#openForAppend(path))) throw error;
    }
    return put();
  }

  /** Courier takes no mail for a folder that is examined. Here it stays read-only. */
  async #openForAppend(path: string): Promise<boolean> {
    const wasOpen = this.#selected !== null;
    try {
      const state = await this.#open(path, 'SELECT');
      this.#selected = wasOpen ? { ...state, readOnly: true } : null;
      return true;
    } catch (error) {
      // Its reason is not why the message was refused.
      if (isError(error, 'protocol', 'missing', 'unsupported')) return false;
      throw error;
    }
  }

  async createFolder(path: string, use: Role | null = null): Promise<void> {
    return createFolder(this.#wire, this.capabilities, path, use);
  }

  /** LOGOUT where it still works; CLOSE, which expunges, is never sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#keepAlive);
    this.#selected = null;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, logoutMs)));
    await Promise.race([this.#wire.run('LOGOUT').catch(() => undefined), late]);
    clearTimeout(timer);
    this.#wire.close();
  }

  #needFolder(command: string): FolderState {
    if (this.#selected !== null) return this.#selected;
    throw noFolder(this.#wire.who, command);
  }

  #needWritable(command: string): void {
    if (this.#needFolder(command).readOnly) throw folderReadOnly(this.#wire.who, command);
  }
}
