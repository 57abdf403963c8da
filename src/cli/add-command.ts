import type { Command, CommandOptions } from 'commander';
import type { CommonOptions, Context } from './context.ts';
import type { ExitCode } from './exit-code.ts';

type Handler<O> = (context: Context, args: readonly string[], options: O) => Promise<ExitCode>;

/** A command's module is loaded only when the command is called. */
export type LoadHandler<O> = () => Promise<Handler<O>>;

export type AddCommand = <O extends CommonOptions>(
  usage: string,
  description: string,
  load: LoadHandler<O>,
  settings?: CommandOptions,
) => Command;
