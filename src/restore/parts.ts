import { accountKey, type AccountRef, sameAccount } from '../domain/account.ts';
import { type FolderMap, mapOf, parseFolderMap } from '../domain/folder-map.ts';
import { MothballError } from '../errors.ts';
import type { Wanted } from '../read/wanted.ts';

/** The accounts that mail may go to, and where they are configured. */
interface Targets {
  readonly config: { readonly accounts: readonly AccountRef[]; readonly file: string };
}

/** Where a restore puts mail; nothing: where it came from. */
export interface TargetOptions {
  /** `ACCOUNT:FOLDER`. */
  readonly to?: string;
  readonly toAccount?: string;
  readonly toServer?: string;
  readonly map?: readonly string[];
}

/** One account's part of a restore: where to, and what. */
export interface AccountPart {
  readonly account: AccountRef;
  readonly folder: string | null;
  readonly maps: readonly FolderMap[];
  readonly wanted: readonly Wanted[];
}

/** What goes to which account. @throws `usage`, `config` for an account that is not in mothball.yaml. */
export function partsOf(
  app: Targets,
  wanted: readonly Wanted[],
  options: TargetOptions,
): readonly AccountPart[] {
  const { to, toAccount, toServer } = options;
  const maps = (options.map ?? []).map(mapIn);
  if (to !== undefined) {
    if (toAccount !== undefined || toServer !== undefined || maps.length > 0)
      throw usage("--to names one folder, so it can't be used with --to-account, --to-server or --map");
    return [{ ...targetOf(app, to), maps, wanted }];
  }
  if (toServer !== undefined && !app.config.accounts.some(({ server }) => server === toServer))
    throw usage(`--to-server "${toServer}" is no server of an account in ${app.config.file}`);
  const parts = new Map<string, { readonly account: AccountRef; readonly wanted: Wanted[] }>();
  for (const one of wanted) {
    const account = targetAccount(app, one.record, options);
    const part = parts.get(accountKey(account)) ?? { account, wanted: [] };
    part.wanted.push(one);
    parts.set(accountKey(account), part);
  }
  requireUsed(maps, wanted);
  return [...parts.values()].map((part) => ({ ...part, folder: null, maps }));
}

function mapIn(text: string): FolderMap {
  const map = parseFolderMap(text);
  if (map === null) throw usage(`--map takes OLD=NEW, like Work=Archive/Work, not "${text}"`);
  return map;
}

/** A map with a typing error would put mail where nobody wants it. */
function requireUsed(maps: readonly FolderMap[], wanted: readonly Wanted[]): void {
  for (const map of maps) {
    // By each delimiter that servers use, with and without the usual prefix: the exact one is found later.
    const covers = wanted.some(({ record: { folder } }) =>
      ['/', '.', '\\', '^', '|'].some((delimiter) => {
        const levels = folder.split(delimiter);
        const [, ...below] = levels;
        return mapOf([map], levels) !== null || (below.length > 0 && mapOf([map], below) !== null);
      }),
    );
    if (wanted.length > 0 && !covers)
      throw usage(`--map names folder "${map.old.join('/')}", and nothing that is wanted was in it`);
  }
}

function targetAccount(app: Targets, record: AccountRef, { toAccount, toServer }: TargetOptions): AccountRef {
  const { config } = app;
  if (toAccount === undefined && toServer === undefined) return known(app, record);
  const name = toAccount ?? record.account;
  const named = config.accounts.filter(({ account }) => account === name);
  const found = toServer === undefined ? named : named.filter(({ server }) => server === toServer);
  const [first, second] = found;
  if (first !== undefined && second === undefined) return { server: first.server, account: first.account };
  const option = toAccount === undefined ? '--to-server' : '--to-account';
  if (first !== undefined)
    throw usage(
      `${option} names account "${name}", which is on several servers`,
      'Name one with --to-server',
    );
  const where = toServer === undefined ? '' : ` on server ${toServer}`;
  throw usage(`${option}: account "${name}"${where} is not in ${config.file}`);
}

function known(app: Targets, { server, account }: AccountRef): AccountRef {
  const found = app.config.accounts.find((candidate) => sameAccount(candidate, { server, account }));
  if (found !== undefined) return { server, account };
  throw new MothballError(
    {
      fact: `account ${account} on ${server} is no longer in ${app.config.file}`,
      notDone: 'nothing was restored for it',
      remedy: 'Use --to-account ACCOUNT, --to ACCOUNT:FOLDER or --to-dir',
    },
    { code: 'config' },
  );
}

/** `ACCOUNT:FOLDER`; the account by its name, which has no colon. */
function targetOf(app: Targets, to: string): { readonly account: AccountRef; readonly folder: string } {
  const at = to.indexOf(':');
  const name = to.slice(0, at);
  const folder = to.slice(at + 1);
  if (at < 1 || folder === '')
    throw usage(`--to takes ACCOUNT:FOLDER, like alice@example.com:Restored, not "${to}"`);
  const found = app.config.accounts.filter((candidate) => candidate.account === name);
  const [first] = found;
  if (first === undefined) throw usage(`--to names account "${name}", which is not in ${app.config.file}`);
  if (found.length > 1) throw usage(`--to names account "${name}", which is on several servers`);
  return { account: { server: first.server, account: first.account }, folder };
}

function usage(fact: string, remedy?: string): MothballError {
  return new MothballError(
    { fact, notDone: 'nothing was restored', ...(remedy === undefined ? {} : { remedy }) },
    { code: 'usage' },
  );
}
