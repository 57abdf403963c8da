export type Environment = Readonly<Record<string, string | undefined>>;

/** Where secrets come from, beside files. */
export interface SecretSources {
  /** Also what the commands are given. */
  readonly env: Environment;
  /** Absolute: where the commands run. */
  readonly cwd: string;
}
