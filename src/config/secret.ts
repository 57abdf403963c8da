import { constants } from 'node:fs';
import { access, open, realpath } from 'node:fs/promises';
import { inspect } from 'node:util';
import { isError, MothballError } from '../errors.ts';
import { firstLineOf } from './secret-command.ts';
import type { Environment, SecretSources } from './secret-sources.ts';

type Source =
  | { readonly kind: 'text'; readonly text: string; readonly origin: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly name: string; readonly env: Environment }
  | {
      readonly kind: 'command';
      readonly command: string | readonly string[];
      readonly sources: SecretSources;
    };

const maxSecretBytes = 64 * 1024;

/**
 * A password or token that is read from its source when it is needed. It prints as `[secret]`
 * wherever it ends up, and its errors name the source and the remedy, never the value.
 */
export class Secret {
  readonly #source: Source;

  private constructor(source: Source) {
    this.#source = source;
  }

  /** The text of a file, less one line end. */
  static fromFile(path: string): Secret {
    return new Secret({ kind: 'file', path });
  }

  /** One that is in the configuration itself; `origin` says where. */
  static fromText(text: string, origin: string): Secret {
    return new Secret({ kind: 'text', text, origin });
  }

  static fromEnv(name: string, env: Environment): Secret {
    return new Secret({ kind: 'env', name, env });
  }

  /** The first line that a command prints: a list runs as it is, a text runs by `sh -c`. */
  static fromCommand(command: string | readonly string[], sources: SecretSources): Secret {
    return new Secret({ kind: 'command', command, sources });
  }

  /** Where it comes from, for messages. A command's words are left out: they may hold a secret. */
  get origin(): string {
    switch (this.#source.kind) {
      case 'file':
        return `the secret file ${this.#source.path}`;
      case 'env':
        return `the environment variable ${this.#source.name}`;
      case 'command':
        return 'the secret command';
      case 'text':
        return this.#source.origin;
    }
  }

  /** Absolute path of the file it is read from; null for other sources. */
  get file(): string | null {
    return this.#source.kind === 'file' ? this.#source.path : null;
  }

  /** The secret. @throws MothballError `config`, or `timeout` for a command that does not end. */
  async read(): Promise<string> {
    const value = await this.#fetch();
    if (value === '') throw this.#fault('is empty', 'Put the secret there');
    if (/[\r\n\0]/.test(value)) throw this.#fault('has more than one line', 'Leave only the secret there');
    return value;
  }

  /** The whole text of a secret that may have several lines, such as a private key. @throws as `read`. */
  async readText(): Promise<string> {
    const value = await this.#fetch();
    if (value.trim() === '') throw this.#fault('is empty', 'Put the secret there');
    return value;
  }

  /** What would keep `read` from working, found without running a command; null when nothing. */
  async check(lines: 'one' | 'text' = 'one'): Promise<string | null> {
    if (this.#source.kind === 'command') return null;
    try {
      await (lines === 'one' ? this.read() : this.readText());
      return null;
    } catch (error) {
      if (isError(error)) return error.message;
      throw error;
    }
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }

  async #fetch(): Promise<string> {
    switch (this.#source.kind) {
      case 'file':
        return (await this.#readFile(this.#source.path)).replace(/\r?\n$/, '');
      case 'env': {
        const value = this.#source.env[this.#source.name];
        if (value === undefined) throw this.#fault('is not set', 'Set it, or use a file or a command');
        return value;
      }
      case 'text':
        return this.#source.text;
      case 'command':
        return await firstLineOf(this.#source.command, this.#source.sources);
    }
  }

  async #readFile(path: string): Promise<string> {
    try {
      // O_NONBLOCK: a pipe in the file's place must not hang the start.
      await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const stat = await handle.stat();
      if (!stat.isFile()) throw this.#fault('is not a regular file', null);
      if ((stat.mode & 0o004) !== 0 && !(await isGivenSoByContainers(path)))
        throw this.#fault(
          'can be read by everyone',
          'Run chmod o-rwx on it; for a secret of Swarm or Compose set `mode: 0400` and the `uid:` of Mothball, for one of a Vault agent its permissions to 0400',
        );
      if (stat.size > maxSecretBytes)
        throw this.#fault(`is larger than ${maxSecretBytes} bytes`, 'Check that it is the right file');
      return await handle.readFile('utf8');
    } catch (error) {
      if (isError(error)) throw error;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      if (code === 'ENOENT')
        throw this.#fault(
          'does not exist',
          'Create it, readable only by the user or group that runs Mothball',
        );
      throw this.#fault(`can't be read (${code})`, 'Let the user or group that runs Mothball read it');
    }
  }

  #fault(what: string, remedy: string | null): MothballError {
    const fact = `${this.origin} ${what}`;
    return new MothballError(remedy === null ? { fact } : { fact, remedy }, { code: 'config' });
  }
}

/**
 * Docker and CSI drivers hand out secrets that every user of the container can read, on a mount that
 * nobody in it can change: there the container is the boundary, and the mode says nothing.
 */
async function isGivenSoByContainers(path: string): Promise<boolean> {
  const real = await realpath(path);
  if (real.startsWith('/run/secrets/')) return true;
  try {
    await access(real, constants.W_OK);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EROFS';
  }
}
