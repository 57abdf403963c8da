import type { Bytes, Sha256, Uid } from '../domain/brands.ts';
import type { Folder, FolderSize, FolderState } from '../domain/folder.ts';
import type { MessageMeta } from '../domain/message.ts';
import type { SearchTerm } from '../domain/narrow.ts';
import type { Oddity } from '../domain/oddity.ts';
import type { ChosenProfile } from '../domain/profiles.ts';
import type { QuotaRoot } from '../domain/quota.ts';
import { isError } from '../errors.ts';
import type {
  AccountSurvey,
  BodyEvent,
  FetchMetaOptions,
  GlanceAt,
  Glimpses,
  MailReader,
  SurveyWish,
} from '../ports/mail.ts';
import type { ServerFeatures } from './capabilities.ts';
import { fetchBodies } from './fetch-bodies.ts';
import { fetchMeta } from './fetch-meta.ts';
import { statusSize, summedSize } from './folder-size.ts';
import { listFolders } from './folders.ts';
import { glance } from './glance.ts';
import { fetchHeaderDigests } from './header-digests.ts';
import { identified } from './identify.ts';
import { readQuota } from './quota.ts';
import { noFolder } from './session-errors.ts';
import type { SessionOptions, SessionServer } from './session-parts.ts';
import { Search } from './search.ts';
import { type ConfiguredQuota, withConfiguredQuota } from './summed-quota.ts';
import { selectFolder } from './select.ts';
import { surveyFolders } from './survey.ts';
import type { Wire } from './wire.ts';

/** A server may log out a client that is silent for 30 minutes (RFC 9051 §5.4), and many do earlier. */
const keepAliveMs = 120_000;
const logoutMs = 2_000;
const mostOddities = 1000;

/** MailReader over one connection. Each command's rules are in the file of its name. */
export class ReadingSession implements MailReader {
  readonly capabilities: ServerFeatures;
  readonly profile: ChosenProfile;
  protected readonly wire: Wire;
  private readonly configured: ConfiguredQuota | null;
  private readonly whenEnded: () => void;
  private readonly keepAlive: NodeJS.Timeout;
  private readonly seen = new Map<string, Oddity>();
  private readonly searcher: Search;
  protected selected: FolderState | null = null;
  /** Folder that the server has open by EXAMINE, also where none counts as selected here. */
  protected examined: string | null = null;

  constructor(
    wire: Wire,
    { features, profile }: SessionServer,
    { quota = null, ended = () => undefined }: SessionOptions = {},
  ) {
    this.wire = wire;
    this.configured = quota;
    this.whenEnded = ended;
    this.capabilities = features;
    this.profile = profile;
    this.searcher = new Search(wire, features, this.note);
    this.keepAlive = setInterval(() => {
      // A failure shows at the next command, which then says what it could not do.
      if (wire.idleMs >= keepAliveMs) wire.run('NOOP').catch(() => undefined);
    }, keepAliveMs / 2);
    this.keepAlive.unref();
  }

  get traffic(): MailReader['traffic'] {
    return this.wire.traffic;
  }

  get lostTogether(): boolean {
    return this.wire.endedTogether;
  }

  oneByOne(): void {
    this.wire.oneByOne();
  }

  get oddities(): readonly Oddity[] {
    return [...this.seen.values()];
  }

  private readonly note = (oddity: Oddity): void => {
    // A server that is odd without end is not reported without end.
    if (this.seen.size < mostOddities) this.seen.set(oddity.about, oddity);
  };

  async folders(): Promise<readonly Folder[]> {
    return listFolders(this.wire, this.capabilities, this.note);
  }

  async survey(wish: SurveyWish): Promise<AccountSurvey> {
    const parts = { wire: this.wire, features: this.capabilities, report: this.note };
    this.selected = null;
    const { paths, ...survey } = await surveyFolders(parts, wish);
    return { ...survey, roots: await this.limited(survey.roots, paths) };
  }

  async glance(folders: readonly GlanceAt[], terms: readonly SearchTerm[]): Promise<Glimpses> {
    this.selected = null;
    this.examined = null;
    return glance({ wire: this.wire, features: this.capabilities, search: this.searcher }, folders, terms);
  }

  async quota(paths: readonly string[]): Promise<readonly QuotaRoot[] | null> {
    const roots = this.capabilities.quota ? await readQuota(this.wire, paths, this.note) : null;
    return this.limited(roots, paths);
  }

  /** With the configured limit, where there is one. */
  private async limited(
    roots: AccountSurvey['roots'],
    paths: readonly string[],
  ): Promise<AccountSurvey['roots']> {
    if (this.configured === null) return roots;
    // The sizes are read over this connection: there may be no place for another one.
    const size = (path: string): Promise<FolderSize> => {
      this.selected = null;
      return this.size(path);
    };
    const parts = { quota: this.configured, folders: () => this.folders(), size, report: this.note };
    return withConfiguredQuota(this.wire, roots, paths, parts);
  }

  /** Without STATUS=SIZE the folder is examined, and no folder is selected afterwards. */
  async size(path: string): Promise<FolderSize> {
    if (this.capabilities.statusSize) {
      try {
        return await statusSize(this.wire, path);
      } catch (error) {
        // A server may refuse STATUS of a folder that it opens all the same.
        if (!isError(error, 'protocol')) throw error;
      }
    }
    const { messages } = await this.examine(path);
    this.selected = null;
    return summedSize(this.wire, await this.searcher.all(messages));
  }

  async examine(path: string): Promise<FolderState> {
    return this.openFolder(path, 'EXAMINE');
  }

  protected async openFolder(path: string, command: 'SELECT' | 'EXAMINE'): Promise<FolderState> {
    // A SELECT that fails leaves no folder selected (RFC 9051 §6.3.2).
    this.selected = null;
    this.examined = null;
    this.selected = await identified(this.wire, () =>
      selectFolder(this.wire, this.capabilities, path, command),
    );
    if (command === 'EXAMINE') this.examined = path;
    return this.selected;
  }

  async search(terms: readonly SearchTerm[]): Promise<readonly Uid[]> {
    const { messages } = this.needFolder('SEARCH');
    return this.searcher.uids(terms, messages);
  }

  async checkSearch(): Promise<void> {
    const { messages } = this.needFolder('SEARCH');
    if (messages > 0) await this.searcher.isHonest(messages);
  }

  fetchMeta(uids: readonly Uid[], options: FetchMetaOptions = {}): AsyncIterable<MessageMeta> {
    const folder = this.needFolder('FETCH');
    const { capabilities: features } = this;
    return fetchMeta({ wire: this.wire, features, folder: folder.path, report: this.note }, uids, options);
  }

  async fetchBodies(
    messages: Iterable<{ readonly uid: Uid; readonly size: Bytes }>,
    sink: (event: BodyEvent) => Promise<void> | void,
  ): Promise<void> {
    this.needFolder('FETCH');
    return fetchBodies(this.wire, messages, sink);
  }

  async headerDigests(uids: readonly Uid[]): Promise<ReadonlyMap<Uid, Sha256>> {
    this.needFolder('FETCH');
    return fetchHeaderDigests(this.wire, uids);
  }

  /** LOGOUT where it still works; CLOSE, which expunges, is never sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.keepAlive);
    this.selected = null;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, logoutMs)));
    await Promise.race([this.wire.run('LOGOUT').catch(() => undefined), late]);
    clearTimeout(timer);
    this.wire.close();
    this.whenEnded();
  }

  protected needFolder(command: string): FolderState {
    if (this.selected !== null) return this.selected;
    throw noFolder(this.wire.who, command);
  }
}
