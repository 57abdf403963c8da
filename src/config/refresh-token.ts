import { randomUUID } from 'node:crypto';
import { access, type FileHandle, open, realpath, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isError, MothballError } from '../errors.ts';
import { firstLineOf } from './secret-command.ts';
import type { SecretSources } from './secret-sources.ts';
import { Secret } from './secret.ts';
import { locked } from './token-lock.ts';

type Place =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'commands';
      readonly read: string | readonly string[];
      /** Null: a new token can't be kept. */
      readonly save: string | readonly string[] | null;
      readonly sources: SecretSources;
    };

/** Room for a new token that is kept before the request that may bring it. */
export interface TokenRoom extends AsyncDisposable {
  /** Replaces the token durably, or leaves the old one. @throws `config` that names the place. */
  save(token: string): Promise<void>;
}

/** By key: new tokens that could not be kept. The old one may be void by now. */
const unkept = new Map<string, string>();
/** Room that is taken on the disk before it is needed. */
const roomBytes = 16 * 1024;

/** Another process may be refreshing it: a request takes 30 s at most. */
const lockMs = 60_000;

/** Where the refresh token of one sign-in is kept. It is never printed. */
export class RefreshToken {
  readonly #place: Place;
  readonly #secret: Secret;

  private constructor(place: Place, secret: Secret) {
    this.#place = place;
    this.#secret = secret;
  }

  /** A file of mode 0600 in a directory where Mothball may create files. */
  static fromFile(path: string): RefreshToken {
    return new RefreshToken({ kind: 'file', path }, Secret.fromFile(path));
  }

  /** One command prints it, the other gets a new one on its standard input. */
  static fromCommands(
    read: string | readonly string[],
    save: string | readonly string[] | null,
    sources: SecretSources,
  ): RefreshToken {
    return new RefreshToken({ kind: 'commands', read, save, sources }, Secret.fromCommand(read, sources));
  }

  /** For messages. */
  get origin(): string {
    return this.#place.kind === 'file'
      ? `the refresh token file ${this.#place.path}`
      : 'the refresh token command';
  }

  /** Equal for two that are the same token. */
  get key(): string {
    const place = this.#place;
    return place.kind === 'file'
      ? place.path
      : JSON.stringify([
          place.read,
          place.sources.env['MOTHBALL_SERVER'],
          place.sources.env['MOTHBALL_ACCOUNT'],
        ]);
  }

  /** The token as it is kept now; one that could not be kept is first tried again. @throws `config`. */
  async read(): Promise<string> {
    const late = unkept.get(this.key);
    if (late !== undefined) {
      await using room = await this.room();
      await room.save(late);
    }
    await this.#mustExist();
    return this.#secret.read();
  }

  /** What would keep `read` from working; commands are not run. Null: nothing. */
  async check(): Promise<string | null> {
    try {
      await this.#mustExist();
      return await this.#secret.check();
    } catch (error) {
      if (isError(error)) return error.message;
      throw error;
    }
  }

  /** While nobody else refreshes or replaces it. @throws `token` when another process keeps it. */
  async exclusively<T extends object | string>(body: () => Promise<T>): Promise<T> {
    if (this.#place.kind === 'commands') return body();
    const result = await locked(this.#place.path, lockMs, body);
    if (result !== null) return result;
    throw new MothballError(
      {
        fact: `another process has been refreshing ${this.origin} for ${lockMs / 1000} s`,
        notDone: 'nothing was asked for',
        remedy: 'Look for a second Mothball that hangs',
      },
      { code: 'token', retryable: true },
    );
  }

  /** @throws `config` when a new token could not be kept. */
  async room(): Promise<TokenRoom> {
    const { key } = this;
    const room =
      this.#place.kind === 'file' ? await this.#fileRoom(this.#place.path) : this.#commandRoom(this.#place);
    return {
      save: async (token) => {
        unkept.set(key, token);
        await room.save(token);
        unkept.delete(key);
      },
      [Symbol.asyncDispose]: () => room[Symbol.asyncDispose](),
    };
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  async #fileRoom(path: string): Promise<TokenRoom> {
    // A link stays a link: what it leads to is replaced.
    const target = await realpath(path).catch(() => path);
    const temporary = `${target}.${randomUUID()}.new`;
    let file: FileHandle | null = null;
    try {
      file = await open(temporary, 'wx', 0o600);
      await file.write(Buffer.alloc(roomBytes), 0, roomBytes, 0);
    } catch (error) {
      await file?.close();
      if (file !== null) await unlink(temporary).catch(() => undefined);
      throw this.#unkept(error);
    }
    const opened = file;
    let waiting = true;
    return {
      save: async (token) => {
        try {
          const { bytesWritten } = await opened.write(`${token}\n`, 0, 'utf8');
          await opened.truncate(bytesWritten);
          await opened.sync();
          await opened.close();
          await rename(temporary, target);
          waiting = false;
          await syncDirectory(dirname(target));
        } catch (error) {
          throw this.#unkept(error);
        }
      },
      async [Symbol.asyncDispose]() {
        if (!waiting) return;
        await opened.close().catch(() => undefined);
        await unlink(temporary).catch(() => undefined);
      },
    };
  }

  #commandRoom({ save, sources }: Extract<Place, { kind: 'commands' }>): TokenRoom {
    return {
      save: async (token) => {
        if (save === null)
          throw new MothballError(
            {
              fact: 'the provider gave a new refresh token, and there is no command that keeps it',
              remedy: 'Set saveRefreshTokenCommand, then sign in again with `mothball login ACCOUNT`',
            },
            { code: 'config' },
          );
        try {
          await firstLineOf(save, sources, { input: token });
        } catch (error) {
          if (!isError(error)) throw error;
          throw new MothballError(
            { fact: `a new refresh token could not be kept: saveRefreshTokenCommand: ${error.message}` },
            { code: 'config', cause: error },
          );
        }
      },
      async [Symbol.asyncDispose]() {},
    };
  }

  /** Before the first sign-in there is none. @throws `config`. */
  async #mustExist(): Promise<void> {
    if (this.#place.kind !== 'file') return;
    try {
      await access(this.#place.path);
    } catch (error) {
      // What else keeps it from being read is said when it is read.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) return;
      throw new MothballError(
        { fact: `${this.origin} does not exist`, remedy: 'Sign in with `mothball login ACCOUNT`' },
        { code: 'config', cause: error },
      );
    }
  }

  #unkept(error: unknown): MothballError {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return new MothballError(
      {
        fact: `${this.origin} can't be replaced (${code})`,
        notDone: 'no mail server was asked',
        remedy:
          'Let the user that runs Mothball create files in its directory, on a volume that is not read-only',
      },
      { code: 'config', cause: error },
    );
  }
}

/** So that the new name survives a power failure; a file system without it has to do. */
async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync().catch(() => undefined);
}
