import { type FolderSize, holdsMail } from '../domain/folder.ts';
import type { Oddity } from '../domain/oddity.ts';
import { MothballError } from '../errors.ts';
import type { AccountSurvey, SurveyWish } from '../ports/mail.ts';
import { type Ask, askTogether, fitsTogether } from './ask.ts';
import type { ServerFeatures } from './capabilities.ts';
import { sizeIn, sizesInto, sumsInto } from './folder-size.ts';
import { listAsk, type Listed, listFolders } from './folders.ts';
import { namespaceOf } from './namespaces.ts';
import { QuotaReading, readQuota } from './quota.ts';
import type { Wire } from './wire.ts';

export interface SurveyParts {
  readonly wire: Wire;
  readonly features: ServerFeatures;
  readonly report: (oddity: Oddity) => void;
}

/** `paths`: the folders whose roots these are. */
interface SurveyedPaths extends AccountSurvey {
  readonly paths: readonly string[];
}

/**
 * Folders, quota roots and sizes in two round trips: LIST with the quota of INBOX, and with the sizes
 * where the server has LIST-STATUS (RFC 5819); then what is still missing, all together.
 */
export async function surveyFolders(parts: SurveyParts, wish: SurveyWish): Promise<SurveyedPaths> {
  const { wire, features, report } = parts;
  const sizes = new Map<string, FolderSize>();
  const quota = features.quota ? new NamespaceQuota(features, report) : null;
  const listed = await firstLook(parts, wish, { sizes, quota });
  const folders = await listFolders(wire, features, report, listed);
  const mail = folders.filter(wish.inQuota ?? holdsMail).map(({ path }) => path);
  const wanted = folders.filter((folder) => folder.selectable && wish.sizes(folder)).map(({ path }) => path);
  const missing = wanted.filter((path) => !sizes.has(path));
  const asks: Ask<unknown>[] = features.statusSize
    ? [...sizesInto(sizes, wire.who, missing)]
    : [...sumsInto(sizes, parts, missing)];
  if (quota === null || wish.roots === 'each namespace') {
    if (quota === null) await together(wire, asks);
    return { folders, paths: mail, roots: (await quota?.settle(wire, mail, asks)) ?? null, sizes };
  }
  const each = new QuotaReading(report);
  asks.push(...mail.map((path) => each.ask(path)));
  const answered = await together(wire, asks);
  return {
    folders,
    paths: mail,
    roots: answered ? each.roots() : await readQuota(wire, mail, report),
    sizes,
  };
}

interface Looking {
  readonly sizes: Map<string, FolderSize>;
  readonly quota: NamespaceQuota | null;
}

/** LIST, with what can be asked before its answer is known. Null: it has to be asked for by itself. */
async function firstLook(
  { wire, features, report }: SurveyParts,
  wish: SurveyWish,
  { sizes, quota }: Looking,
): Promise<readonly Listed[] | null> {
  const withSizes =
    wish.sizes === holdsMail && features.statusSize && features.listStatus && isPlain(features);
  const onStatus = withSizes
    ? ({ attributes }: { readonly attributes?: Parameters<typeof sizeIn>[0] }): void => {
        const found = sizeIn(attributes);
        if (found !== null && found.path !== null) sizes.set(found.path, found.size);
      }
    : null;
  const listing = { prefix: '', wildcard: '*', specialUse: features.listReturn };
  let listed: readonly Listed[] | null = null;
  const { read, ...command } = listAsk(wire.who, listing, report, onStatus);
  const asks: Ask<unknown>[] = [{ ...command, read: (reply) => (listed = read(reply)) }];
  if (quota !== null && wish.roots === 'each namespace') asks.push(quota.first());
  const answers = await askTogether(wire, asks);
  if (answers === null) quota?.forget();
  return answers === null || answers[0] instanceof MothballError ? null : listed;
}

/** Whether LIST "" "*" shows personal folders only: others' sizes would cost the server what nobody asked for. */
function isPlain({ given }: ServerFeatures): boolean {
  return given.every(({ kind, prefix }) => kind === 'personal' && !/^virtual/i.test(prefix));
}

/** Asks what can be asked together; false: nothing of it counts. What has a literal is left out. */
async function together(wire: Wire, asks: readonly Ask<unknown>[]): Promise<boolean> {
  const fitting = asks.filter(fitsTogether);
  return (await askTogether(wire, fitting)) !== null && fitting.length === asks.length;
}

/**
 * One GETQUOTAROOT for all folders of a namespace, where its answer allows it. A server such as Cyrus
 * names roots after folders, and any folder may begin one: there each folder is asked for.
 */
class NamespaceQuota {
  readonly #features: ServerFeatures;
  readonly #report: (oddity: Oddity) => void;
  #reading: QuotaReading;
  /** By the folder that was asked for. */
  readonly #names = new Map<string, readonly string[]>();

  constructor(features: ServerFeatures, report: (oddity: Oddity) => void) {
    this.#features = features;
    this.#report = report;
    this.#reading = new QuotaReading(report);
  }

  /** INBOX is there and personal on every server (RFC 9051 §5.1). */
  first(): Ask<unknown> {
    return this.#ask('INBOX');
  }

  /** What was answered so far does not count. */
  forget(): void {
    this.#names.clear();
    this.#reading = new QuotaReading(this.#report);
  }

  /** The roots of these folders; the other questions go with the first round. */
  async settle(
    wire: Wire,
    paths: readonly string[],
    others: readonly Ask<unknown>[],
  ): Promise<AccountSurvey['roots']> {
    const groups = this.#groups(paths);
    const leaders = groups.flatMap(([leader]) => leader ?? []).filter((path) => !this.#names.has(path));
    const asks = leaders.map((path) => this.#ask(path));
    if (!(await together(wire, [...others, ...asks])) && asks.length > 0) return this.#eachOf(wire, paths);
    const alone = groups.flatMap((group) => this.#notShared(group, paths));
    if (
      !(await together(
        wire,
        alone.map((path) => this.#ask(path)),
      ))
    )
      return this.#eachOf(wire, paths);
    return this.#reading.roots();
  }

  #eachOf(wire: Wire, paths: readonly string[]): Promise<AccountSurvey['roots']> {
    return readQuota(wire, paths, this.#report);
  }

  #ask(path: string): Ask<unknown> {
    const { read, ...command } = this.#reading.ask(path);
    return { ...command, read: (reply) => void this.#names.set(path, read(reply)) };
  }

  /** Folders of one personal namespace, INBOX first where it is one; every other folder by itself. */
  #groups(paths: readonly string[]): readonly (readonly string[])[] {
    const groups = new Map<string, string[]>();
    const first = this.#features.given.find(({ kind }) => kind === 'personal')?.prefix ?? '';
    for (const path of paths) {
      const { kind, prefix } = namespaceOf(path, this.#features.given);
      const inbox = path.toUpperCase() === 'INBOX';
      const key = kind === 'personal' ? `${kind} ${inbox ? first : prefix}` : `${kind} ${path}`;
      const group = groups.get(key) ?? [];
      if (path === 'INBOX') group.unshift(path);
      else group.push(path);
      groups.set(key, group);
    }
    return [...groups.values()];
  }

  /** Gives the others of the group the roots of its first; answers those that have to be asked for. */
  #notShared([leader, ...others]: readonly string[], paths: readonly string[]): readonly string[] {
    const names = leader === undefined ? [] : (this.#names.get(leader) ?? []);
    if (names.length === 0 || names.some((name) => isFolderName(name, paths))) return others;
    for (const path of others) this.#reading.share(names, path);
    return [];
  }
}

function isFolderName(root: string, paths: readonly string[]): boolean {
  return root.toUpperCase() === 'INBOX' || /^user[./]/.test(root) || paths.includes(root);
}
