import { resolve } from 'node:path';
import type { Problem } from '../errors.ts';
import type { RefreshToken } from './refresh-token.ts';
import type { SecretSources } from './secret-sources.ts';
import { Secret } from './secret.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** What the rules of one file need: where the file is, and where to put what they find. */
export class Scope {
  readonly source: YamlSource;
  /** Relative paths resolve from here. */
  readonly directory: string;
  readonly #sources: SecretSources;
  readonly problems: Problem[] = [];
  readonly #secrets: { readonly path: Path; readonly secret: Secret; readonly lines: 'one' | 'text' }[] = [];
  readonly #later: { readonly path: Path; readonly token: RefreshToken; readonly user: string }[] = [];

  constructor(source: YamlSource, directory: string, sources: SecretSources) {
    this.source = source;
    this.directory = directory;
    this.#sources = sources;
  }

  report(path: Path, message: string, part: 'key' | 'value' = 'value'): void {
    this.problems.push(this.source.problem(path, message, part));
  }

  resolve(path: string): string {
    return resolve(this.directory, path);
  }

  /** A secret by the one of `<name>File`, `<name>Env`, `<name>Command` that is there; null for none. */
  secret(path: Path, name: string, keys: SecretKeys, lines: 'one' | 'text' = 'one'): Secret | null {
    const [key, secret] =
      keys.file !== undefined
        ? [`${name}File`, Secret.fromFile(this.resolve(keys.file))]
        : keys.env !== undefined
          ? [`${name}Env`, Secret.fromEnv(keys.env, this.#sources.env)]
          : keys.command !== undefined
            ? [`${name}Command`, Secret.fromCommand(keys.command, this.#sources)]
            : ['', null];
    if (secret !== null) this.#secrets.push({ path: [...path, key], secret, lines });
    return secret;
  }

  /** What commands of one account are given: its names in the environment. */
  commandSources({ server, user }: { readonly server: string; readonly user: string }): SecretSources {
    const { env, cwd } = this.#sources;
    return { env: { ...env, MOTHBALL_SERVER: server, MOTHBALL_ACCOUNT: user }, cwd };
  }

  /**
   * A refresh token, which `mothball login` may have yet to get, and which changes by itself: it is no
   * reason to refuse the configuration or to read it again.
   */
  later(path: Path, token: RefreshToken, user: string): void {
    this.#later.push({ path, token, user });
  }

  /** Paths of the files that secrets are read from. */
  secretFiles(): readonly string[] {
    return this.#secrets.flatMap(({ secret }) => secret.file ?? []);
  }

  /**
   * Reports every secret that could not be read now. Commands are not run. Those of accounts are only
   * returned when each account stands for itself.
   */
  async checkSecrets(secrets: 'all' | 'per account'): Promise<readonly Problem[]> {
    const unreadable: Problem[] = [];
    for (const { path, secret, lines } of this.#secrets) {
      const fault = await secret.check(lines);
      if (fault === null) continue;
      const owned = path[0] === 'accounts' || path[0] === 'servers';
      // Who fills a source does so without this configuration: its faults are never those of all.
      const own = path[0] === 'accountSources' || (owned && secrets === 'per account');
      const cost = path.includes('doveadm')
        ? 'Quotas are read by logging in'
        : 'Nothing is done for its accounts';
      if (own) unreadable.push(this.source.problem(path, `${fault}. ${cost}`));
      else this.report(path, fault);
    }
    for (const { path, token, user } of this.#later) {
      const fault = await token.check();
      if (fault !== null) {
        const text = fault.replaceAll('`mothball login ACCOUNT`', `\`mothball login ${user}\``);
        unreadable.push(this.source.problem(path, `${text} Until then nothing is done for ${user}`));
      }
    }
    return unreadable;
  }
}

export interface SecretKeys {
  readonly file?: string | undefined;
  readonly env?: string | undefined;
  readonly command?: string | readonly string[] | undefined;
}
