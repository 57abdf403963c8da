/**
 * `cli/`: the command line. `program.ts` parses it and turns what is thrown into an exit code,
 * `commands.ts` lists the commands as data, and each command has a file, loaded only when it is
 * called. `context.ts` opens the app for it, `terminal.ts` is the only way out to a person.
 * May import `compose`, every use case, `daemon`, `metrics`, `log`, `documents` and what is below the
 * rooms, but no adapter; commander is known here only.
 */
import { Command, CommanderError, type CommandOptions, Option, type OutputConfiguration } from 'commander';
import { MothballError } from '../errors.ts';
import { version } from '../version.ts';
import type { AddCommand, LoadHandler } from './add-command.ts';
import { addCommands } from './commands.ts';
import { identityVariable } from './identity-option.ts';
import type { CommonOptions } from './context.ts';
import { exit, type ExitCode, exitCodeOf, Interrupted } from './exit-code.ts';
import { helpAfter, helpOfAll } from './help.ts';
import type { Invocation } from './invocation.ts';
import { jsonTerminal, wantsJsonLog } from './json-terminal.ts';
import { colourless, type Terminal } from './terminal.ts';
import { zoneOf } from './when.ts';

/** Commands that work on everything, or on the one thing that they are given. */
const wholeCommands = new Set(
  'init login discover validate show reindex db holds daemon status pause resume schema completion __complete rename-account rename-server'.split(
    ' ',
  ),
);
/** Commands that ask before they act; the others accept `--yes` all the same. */
const askingCommands = new Set('init run restore import expire'.split(' '));

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
    .usage('[options] <command> …')
    // Options before the command are the program's, those after it the command's.
    .enablePositionalOptions()
    .addHelpText('after', helpOfAll())
    .exitOverride()
    .configureOutput(outputOf(invocation.io))
    .showHelpAfterError('(see --help)')
    .showSuggestionAfterError();

  commonOptions(program, '', true);
  const command: AddCommand = <O extends CommonOptions>(
    usage: string,
    description: string,
    load: LoadHandler<O>,
    settings?: CommandOptions,
  ): Command => {
    const name = usage.split(' ', 1).join();
    const made = program
      .command(usage, settings)
      .description(description)
      .addHelpText('after', helpAfter(name));
    return commonOptions(made, name, false).action(async function act(this: Command) {
      // commander itself would ask the environment of the process.
      const identityFile = invocation.env[identityVariable];
      if (identityFile !== undefined && this.options.some((option) => option.name() === 'identity'))
        if (this.opts<O>().identity === undefined) this.setOptionValue('identity', identityFile);
      const options = withGlobal(this.opts<O>(), program.opts<CommonOptions>());
      refuseAccount(this.name(), options);
      const zone = zoneOf(options.tz, invocation.env);
      const io = options.color === false ? colourless(invocation.io) : invocation.io;
      const handler = await load();
      done(await handler({ ...invocation, io, zone, options }, this.args, options));
    });
  };

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

/** The options that every command has, and that may stand before the command too. */
function commonOptions(to: Command, name: string, before: boolean): Command {
  return to
    .option('--config <path>', 'configuration file (default: $MOTHBALL_CONFIG or ./mothball.yaml)')
    .addOption(
      new Option('--account <glob>', 'only accounts whose names match').hideHelp(
        before || wholeCommands.has(name),
      ),
    )
    .addOption(new Option('--json', 'print one JSON document to stdout').hideHelp(before))
    .option('--quiet', 'no progress, no warnings')
    .addOption(
      new Option('--yes', 'do not ask for confirmation').hideHelp(before || !askingCommands.has(name)),
    )
    .option('--no-color', 'no colours (also: NO_COLOR=1)')
    .option('--tz <zone>', 'show times in this zone, like Europe/Warsaw or local (default: $TZ, else UTC)');
}

/** What stands after the command wins over what stands before it. */
function withGlobal<O extends CommonOptions>(own: O, global: CommonOptions): O {
  const color = own.color !== false && global.color !== false;
  return { ...global, ...own, color };
}

function refuseAccount(command: string, options: CommonOptions): void {
  if (options.account === undefined || !wholeCommands.has(command)) return;
  throw new MothballError(
    {
      fact: `${command} does not work on single accounts`,
      notDone: 'nothing was done',
      remedy: 'Remove --account',
    },
    { code: 'usage' },
  );
}
