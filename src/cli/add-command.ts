import { type Command, type CommandOptions, Option } from 'commander';
import type { CommonOptions, Context } from './context.ts';
import type { ExitCode } from './exit-code.ts';

/** Names the file of `--identity` where the option is not given. */
export const identityVariable = 'MOTHBALL_IDENTITY';

type Handler<O> = (context: Context, args: readonly string[], options: O) => Promise<ExitCode>;

/** A command's module is loaded only when the command is called. */
export type LoadHandler<O> = () => Promise<Handler<O>>;

export type AddCommand = <O extends CommonOptions>(
  usage: string,
  description: string,
  load: LoadHandler<O>,
  settings?: CommandOptions,
) => Command;

/** For the commands that read archives. Commander needs a new one each time. */
export function identity(what = 'file with the age identity that decrypts encrypted archives'): Option {
  return new Option('--identity <file>', `${what} (env: ${identityVariable})`);
}
