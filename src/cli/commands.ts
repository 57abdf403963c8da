import { type Command, Option } from 'commander';
import type { AddCommand } from './add-command.ts';
import { addReadingCommands, addReturningCommands } from './commands-mail.ts';
import { identity } from './identity-option.ts';
import { addUpkeepCommands } from './upkeep-commands.ts';

/** Every command, its options, and the module that handles it; `program` is the whole command line. */
export function addCommands(command: AddCommand, program: Command): void {
  const groups: readonly (readonly [heading: string, add: () => void])[] = [
    ['Setting up:', () => (addSetupCommands(command), addShellCommands(command, program))],
    ['Looking:', () => addLookingCommands(command)],
    ['Archiving and deleting:', () => addPolicyCommands(command)],
    ['Archived mail:', () => (addReadingCommands(command), addReturningCommands(command))],
    ['Archives:', () => addUpkeepCommands(command)],
    ['The daemon:', () => addDaemonCommands(command)],
  ];
  for (const [heading, add] of groups) {
    program.commandsGroup(heading);
    add();
  }
  program.commandsGroup('Help:');
  program.helpCommand('help [command]', 'display help for a command');
}

/** What sets Mothball up. */
function addSetupCommands(command: AddCommand): void {
  command(
    'init [directory]',
    'write a configuration: asks for the server and the user, and tries the login',
    async () => (await import('./init.ts')).init,
  )
    .option('--discover <address>', 'find the server of this mail address')
    .option('--dns <server...>', 'with --discover: name servers to ask instead of those of the system')
    .option('--host <name>', 'IMAP server')
    .option('--port <number>', 'its port (default: 993, or 143 with starttls)')
    .addOption(
      new Option('--tls <kind>', 'how the connection is protected (default: implicit)').choices([
        'implicit',
        'starttls',
        'none',
      ]),
    )
    .option('--ca-file <path>', "certificate authority of the server's certificate")
    .option('--user <name>', 'login name of the mailbox')
    .option('--password-file <path>', 'file with the password; - reads it from stdin')
    .option('--data <directory>', 'where the archive and the database go (default: beside the configuration)')
    .option('--no-test', 'do not try the login');
  command(
    'validate',
    'check the configuration and the policies',
    async () => (await import('./validate.ts')).validate,
  )
    .option('--stores', 'also check every store with a canary, and show what it can guarantee')
    .addOption(identity('prove that this age identity can decrypt the encrypted stores'));
  command('accounts', 'list the accounts', async () => (await import('./accounts.ts')).accounts)
    .option('--test', 'log in to each of them')
    .option('--refresh', 'ask every account source for its list now')
    .option('--accept-shrink', 'with --refresh: take a list however many accounts have left it');
  command(
    'login <account>',
    'sign in to an account with OAuth 2, and keep its refresh token',
    async () => (await import('./login.ts')).login,
  )
    .option('--code', 'by a code that is typed on any device')
    .option('--browser', 'by a browser on this machine');
  command(
    'discover <address>',
    'find the IMAP server of a mail address, and print its entry for mothball.yaml',
    async () => (await import('./discover.ts')).discover,
  ).option('--dns <server...>', 'name servers to ask, such as 9.9.9.9, instead of those of the system');
}

/** What serves editors and shells. */
function addShellCommands(command: AddCommand, program: Command): void {
  command(
    'schema [what]',
    'print the JSON schema of policy files, or with `config` that of mothball.yaml',
    async () => (await import('./schema.ts')).schema,
  );
  command('completion <shell>', 'print a completion script: bash, zsh or fish', async () => {
    const { completion } = await import('./completion.ts');
    return completion;
  });
  command(
    '__complete [words...]',
    'what may come next, for the completion scripts',
    async () => {
      const { complete } = await import('./complete.ts');
      return (context, words) => complete(context, program, words);
    },
    { hidden: true },
  );
}

/** What only looks. */
function addLookingCommands(command: AddCommand): void {
  const many = (to: Command): Command =>
    severalAccounts(to)
      .option('--over <percent>', 'only accounts that are fuller than this, like 80%')
      .addOption(
        new Option('--sort <by>', 'order of the accounts (default: usage)').choices([
          'usage',
          'size',
          'name',
        ]),
      )
      .option('--limit <number>', 'show at most this many accounts, or all (default: 25)')
      .option('--folders', 'show the folders of every account')
      .addOption(new Option('--by <what>', 'one line for each').choices(['domain', 'server']))
      .option('--csv', 'print comma-separated values of all accounts to stdout');
  many(
    command('quota', 'show usage, limits and folder sizes', async () => (await import('./quota.ts')).quota),
  );
  many(
    command(
      'plan [policies...]',
      'show what the policies would do now; changes nothing',
      async () => (await import('./plan.ts')).plan,
    )
      .option('--exit-code', 'exit with 20 when there is work to do')
      .option('--messages', 'list every message with its reason')
      .option('--compare <file>', 'the difference to the policies of this file, such as one before an edit'),
  );
  command(
    'status',
    'show what failed, what is running, what comes next and what is waiting',
    async () => (await import('./status.ts')).status,
  ).option('--watch [seconds]', 'again and again, until it is stopped (default: every 5 seconds)');
  command(
    'report',
    'show what is full soon, failed, freed, quarantined and expiring',
    async () => (await import('./report.ts')).report,
  )
    .option('--since <when>', 'from this day, or from this long ago, like 2026-01-31 or 7d (default: 1d)')
    .addOption(
      new Option('--format <name>', 'how it is printed (default: text)').choices(['text', 'html', 'json']),
    )
    .option('--send', 'send it now to all that get reports, to try the settings');
  addHistoryCommands(command);
  command(
    'holds',
    'list the holds and the accounts they cover',
    async () => (await import('./holds.ts')).holds,
  );
}

/** What only looks, at what was done. */
function addHistoryCommands(command: AddCommand): void {
  command('runs', 'list what the policies did, and when', async () => (await import('./runs.ts')).runs)
    .option('--policy <name>', 'only runs of this policy')
    .option('--failed', 'only runs that failed or were stopped by a limit')
    .option('--all', 'also runs that had nothing to do')
    .option('--limit <number>', 'show at most this many (default: 20; with --csv 15,000)')
    .option('--csv', 'print comma-separated values, one line for each run');
  command('log [run]', 'show what a run did and logged', async () => (await import('./log.ts')).log);
  command(
    'audit',
    'list who read, moved, imported or removed archived mail',
    async () => (await import('./audit-list.ts')).auditCommand,
  )
    .option('--action <name>', 'only this action, like show, restore or erase')
    .option('--since <date>', 'only entries since this day, like 2026-01-31')
    .option('--limit <number>', 'show at most this many (default: 50; with --csv 10,000)')
    .option('--csv', 'print comma-separated values');
}

/** What runs policies. */
function addPolicyCommands(command: AddCommand): void {
  severalAccounts(
    command(
      'run [policies...]',
      'archive, verify and delete mail by the enforced policies, once, now',
      async () => (await import('./run.ts')).run,
    ),
  )
    .option('--dry-run', 'show what would be done, without doing it')
    .option('--lift-limits', 'ignore the safety limits of the named policies once')
    .option('--accept-clock', 'the clock is right although it disagrees with the records (audited)')
    .option('--metrics-file <path>', 'write metrics for the textfile collector of node_exporter');
  severalAccounts(
    command(
      'scan',
      'read quota and folder sizes and store them for the forecast',
      async () => (await import('./scan.ts')).scan,
    ),
  ).option('--folders', 'read folder sizes also where the server lists quotas without a login');
}

/** What runs and controls the daemon. */
function addDaemonCommands(command: AddCommand): void {
  command(
    'daemon',
    'run the schedules of policies and scans',
    async () => (await import('./daemon.ts')).daemonCommand,
  ).option(
    '--grace <time>',
    'how long running jobs may take to end when stopped, like 25s (default: daemon.grace)',
  );
  command(
    'pause',
    'stop every process before its next step that archives or deletes',
    async () => (await import('./pause.ts')).pauseCommand,
  ).option('--reason <text>', 'reason, shown by `status`');
  command('resume', 'end the pause', async () => (await import('./pause.ts')).resumeCommand);
}

/** For the commands that work on several accounts at a time. */
function severalAccounts(command: Command): Command {
  return command.option('--account-concurrency <number>', 'accounts at a time (default: maxConnections)');
}
