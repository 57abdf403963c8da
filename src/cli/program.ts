import { Command, CommanderError, Option, type OutputConfiguration } from 'commander';
import { MothballError } from '../errors.ts';
import { version } from '../version.ts';
import { type AddCommand, addCommands, identityVariable, type LoadHandler } from './commands.ts';
import type { CommonOptions } from './context.ts';
import { exit, type ExitCode, exitCodeOf, Interrupted } from './exit-code.ts';
import type { Invocation } from './invocation.ts';
import type { Terminal } from './terminal.ts';

/** Commands that are about everything, or about the one thing that they are given. */
const wholeCommands = new Set(
  'init validate show reindex holds daemon status pause resume schema completion'.split(' '),
);

/** Of help that goes to no terminal. */
const plainColumns = 80;

/** Parses argv, runs the command, shows what went wrong, returns the exit code. Leaves nothing open. */
export async function runProgram(argv: readonly string[], invocation: Invocation): Promise<ExitCode> {
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
        new Option('--account <glob>', 'only accounts whose name fits').hideHelp(
          wholeCommands.has(usage.split(' ', 1).join()),
        ),
      )
      .option('--json', 'one JSON document on stdout')
      .option('--quiet', 'no progress, no warnings')
      .option('--yes', 'ask nothing')
      .action(async function act(this: Command) {
        // commander itself would ask the environment of the process.
        const identityFile = invocation.env[identityVariable];
        if (identityFile !== undefined && this.options.some((option) => option.name() === 'identity'))
          if (this.opts<O>().identity === undefined) this.setOptionValue('identity', identityFile);
        const options = this.opts<O>();
        if (options.account !== undefined && wholeCommands.has(this.name()))
          throw new MothballError(
            `${this.name()} is not about single accounts, so --account can't narrow it; nothing was done. Leave --account out.`,
            { code: 'usage' },
          );
        const handler = await load();
        done(await handler({ ...invocation, options }, this.args, options));
      });

  addCommands(command, program);
  for (const sub of program.commands) sub.exitOverride();
  return program;
}

/** Help and complaints of commander; left alone it would write to the process. */
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
