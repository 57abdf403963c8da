/**
 * `cli/`: the command line. `program.ts` parses it and turns what is thrown into an exit code,
 * `commands.ts` lists the commands as data, and each command has a file, loaded only when it is
 * called. `context.ts` opens the app for it, `terminal.ts` is the only way out to a person.
 * May import `compose`, every use case, `daemon`, `metrics`, `log`, `documents` and what is below the
 * rooms, but no adapter; commander is known here only.
 */
import { Command, CommanderError, Option, type OutputConfiguration } from 'commander';
import { MothballError } from '../errors.ts';
import { version } from '../version.ts';
import type { AddCommand, LoadHandler } from './add-command.ts';
import { addCommands } from './commands.ts';
import { identityVariable } from './identity-option.ts';
import type { CommonOptions } from './context.ts';
import { exit, type ExitCode, exitCodeOf, Interrupted } from './exit-code.ts';
import type { Invocation } from './invocation.ts';
import { jsonTerminal, wantsJsonLog } from './json-terminal.ts';
import type { Terminal } from './terminal.ts';

/** Commands that work on everything, or on the one thing that they are given. */
const wholeCommands = new Set(
  'init login validate show reindex db holds daemon status pause resume schema completion rename-account rename-server'.split(
    ' ',
  ),
);

/** Width of help that is not written to a terminal. */
const plainColumns = 80;

/** Parses argv, runs the command, shows what went wrong and returns the exit code. Leaves nothing open. */
export async function runProgram(argv: readonly string[], given: Invocation): Promise<ExitCode> {
  const invocation = wantsJsonLog(given.env) ? { ...given, io: jsonTerminal(given.io) } : given;
  const { io, signal } = invocation;
  const outcome: { code: ExitCode } = { code: exit.ok };
  const program = buildProgram(invocation, (code) => (outcome.code = code));
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) outcome.code = error.exitCode === 0 ? exit.ok : exit.usage;
    else {
      io.problem(error);
      outcome.code = exitCodeOf(error);
    }
  }
  return signal.reason instanceof Interrupted ? signal.reason.exitCode : outcome.code;
}

/** The command line as data. */
function buildProgram(invocation: Invocation, done: (code: ExitCode) => void): Command {
  const program = new Command('mothball')
    .description(
      'Keeps mailboxes under their quota: archives old mail by policy, verifies the archive, then deletes from the server.',
    )
    .version(version)
    .exitOverride()
    .configureOutput(outputOf(invocation.io))
    .showHelpAfterError('(see --help)')
    .showSuggestionAfterError();

  const command: AddCommand = <O extends CommonOptions>(
    usage: string,
    description: string,
    load: LoadHandler<O>,
  ): Command =>
    program
      .command(usage)
      .description(description)
      .option('--config <path>', 'configuration file (default: $MOTHBALL_CONFIG or ./mothball.yaml)')
      .addOption(
        new Option('--account <glob>', 'only accounts whose names match').hideHelp(
          wholeCommands.has(usage.split(' ', 1).join()),
        ),
      )
      .option('--json', 'print one JSON document to stdout')
      .option('--quiet', 'no progress, no warnings')
      .option('--yes', 'do not ask for confirmation')
      .action(async function act(this: Command) {
        // commander itself would ask the environment of the process.
        const identityFile = invocation.env[identityVariable];
        if (identityFile !== undefined && this.options.some((option) => option.name() === 'identity'))
          if (this.opts<O>().identity === undefined) this.setOptionValue('identity', identityFile);
        const options = this.opts<O>();
        if (options.account !== undefined && wholeCommands.has(this.name()))
          throw new MothballError(
            {
              fact: `${this.name()} does not work on single accounts`,
              notDone: 'nothing was done',
              remedy: 'Remove --account',
            },
            { code: 'usage' },
          );
        const handler = await load();
        done(await handler({ ...invocation, options }, this.args, options));
      });

  addCommands(command, program);
  for (const sub of program.commands) sub.exitOverride();
  return program;
}

/** For the help and the errors of commander, which would else go to the streams of the process. */
function outputOf(io: Terminal): OutputConfiguration {
  const line = (text: string): string => text.replace(/\n$/, '');
  return {
    writeOut: (text) => io.out(line(text)),
    writeErr: (text) => io.err(line(text)),
    getOutHelpWidth: () => io.outColumns ?? plainColumns,
    getErrHelpWidth: () => io.errColumns ?? plainColumns,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  };
}
